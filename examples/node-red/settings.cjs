// Of Node-RED: what it is told in its environment, and nothing for others than this machine.
module.exports = {
  flowFile: 'flows.json',
  // The key of the namespace is in the file that the example writes for itself alone.
  credentialSecret: false,
  uiHost: '127.0.0.1',
  uiPort: Number(process.env.NODE_RED_PORT ?? 1880),
  telemetry: { enabled: false, updateNotification: false },
  logging: { console: { level: 'info', metrics: false, audit: false } },
}
