//--cron "*/5 * * * *"

function main(args) {
  console.log('tick', new Date().toISOString())
  return args
}
