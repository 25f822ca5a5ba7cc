//--web true

function main({ id }) {
  return { body: id === undefined ? { items: ['tea', 'milk'] } : { item: id } }
}
