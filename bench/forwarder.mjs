// The two-hop floor: HTTP in, one call to an action runtime over its unix socket or its address, HTTP out.
import { createServer } from 'node:http'
import { Pool } from 'undici'

const [, , endpoint] = process.argv
const isSocket = endpoint.startsWith('/')
const pool = new Pool(isSocket ? 'http://runtime' : endpoint, {
  ...(isSocket && { socketPath: endpoint }),
  connections: 32,
  pipelining: 1,
})

const server = createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => void forward(JSON.parse(Buffer.concat(chunks).toString()), response))
})

async function forward(value, response) {
  const { body } = await pool.request({
    method: 'POST',
    path: '/run',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ value }),
  })
  const text = JSON.stringify(JSON.parse(await body.text()))
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

server.listen(0, '127.0.0.1', () => console.log(server.address().port))
