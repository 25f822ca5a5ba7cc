//--web true
//-a description "a page with a counter"

function main({ __ow_headers: headers, name = 'you' }) {
  return { headers: { 'content-type': 'text/html' }, body: `<h1>Hello, ${name}</h1><p>${headers['user-agent'] ?? ''}` }
}
