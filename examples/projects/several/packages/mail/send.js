//--param sender $MAIL_SENDER
//--timeout 5000

function main({ sender, to }) {
  return { from: sender, to }
}
