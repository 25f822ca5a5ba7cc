//--param name Zoë
//-a description "grüßt: 你好, привет, 👋"

const { gruß } = require('./texte/größe.js')

exports.main = ({ name }) => ({ gruß: gruß(name) })
