exports.gruß = (name) => `Grüß dich, ${name} 👋`
