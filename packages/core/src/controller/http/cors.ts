const ORIGIN_AND_HEADERS = [
  'Access-Control-Allow-Origin',
  '*',
  'Access-Control-Allow-Headers',
  'Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent',
  'Access-Control-Allow-Methods',
]

/** Header names and values by area of the server, ready to be written. */
export const CORS: Readonly<Record<'none' | 'rest' | 'server' | 'web', readonly string[]>> = {
  none: [],
  rest: [...ORIGIN_AND_HEADERS, 'GET, DELETE, POST, PUT, HEAD'],
  server: [...ORIGIN_AND_HEADERS, 'OPTIONS, GET, POST'],
  /** Of web actions that do not say for themselves who may ask. */
  web: [
    'Access-Control-Allow-Origin',
    '*',
    'Access-Control-Allow-Methods',
    'OPTIONS, GET, DELETE, POST, PUT, HEAD, PATCH',
    'Access-Control-Allow-Headers',
    'Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent',
  ],
}
