import { LuaScript } from '../connection/lua-script.ts'

// A document is a hash: `r` its revision, `d` the document, `x` its index rows as JSON, for their removal,
// `v:<index>:<place>` the value of each, `a:<name>` attachments and `t:<name>` their content types.

const REMOVE_ROWS = `
local function removeRows(key, indexes)
  local rows = redis.call('HGET', key, 'x')
  for _, row in ipairs(cjson.decode(rows or '[]')) do
    redis.call('ZREM', indexes .. row[1], row[2])
  end
end`

/**
 * KEYS document, ids · ARGV expected revision or '', new revision, document, rows, what the keys of indexes begin
 * with, escaped id, how many attachments are kept, their names, number of index rows, then of each row its index
 * partition, order, member, field and value, then of each new attachment its name, content type and bytes.
 * Returns 0 where the revision is another.
 */
export const PUT_DOCUMENT = new LuaScript(`${REMOVE_ROWS}
local key, at = KEYS[1], 8
local revision = redis.call('HGET', key, 'r') or ''
if revision ~= ARGV[1] then return 0 end
if revision ~= '' then
  if redis.call('HGET', key, 'x') ~= ARGV[4] then removeRows(key, ARGV[5]) end
  local keep = {}
  for i = at, at + tonumber(ARGV[7]) - 1 do keep['a:' .. ARGV[i]], keep['t:' .. ARGV[i]] = true, true end
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if not keep[field] then redis.call('HDEL', key, field) end
  end
end
at = at + tonumber(ARGV[7])
local fields = {'r', ARGV[2], 'd', ARGV[3], 'x', ARGV[4]}
local function set(name, value)
  fields[#fields + 1] = name
  fields[#fields + 1] = value
end
local rows = tonumber(ARGV[at])
at = at + 1
for i = 1, rows do
  redis.call('ZADD', ARGV[5] .. ARGV[at], ARGV[at + 1], ARGV[at + 2])
  set(ARGV[at + 3], ARGV[at + 4])
  at = at + 5
end
while ARGV[at] do
  set('t:' .. ARGV[at], ARGV[at + 1])
  set('a:' .. ARGV[at], ARGV[at + 2])
  at = at + 3
end
redis.call('HSET', key, unpack(fields))
if revision == '' then redis.call('ZADD', KEYS[2], 0, ARGV[6]) end
return 1`)

/** KEYS document, ids · ARGV revision, escaped id, what the keys of indexes begin with. 0: the revision is another. */
export const DELETE_DOCUMENT = new LuaScript(`${REMOVE_ROWS}
if redis.call('HGET', KEYS[1], 'r') ~= ARGV[1] then return 0 end
removeRows(KEYS[1], ARGV[3])
redis.call('UNLINK', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
return 1`)

/**
 * The ranks of a page, so that skipping costs nothing: those of what is within the bounds, skip and limit applied.
 * A limit of -1 is none.
 */
export const PAGE = `
local function page(key, from, to, descending, skip, limit)
  if limit == 0 then return {} end
  local first, count = 0, redis.call('ZCOUNT', key, from, to)
  if descending then
    if to ~= '+inf' then first = redis.call('ZCOUNT', key, '(' .. to, '+inf') end
  elseif from ~= '-inf' then
    first = redis.call('ZCOUNT', key, '-inf', '(' .. from)
  end
  local last = first + count - 1
  first = first + skip
  if limit > 0 then last = math.min(last, first + limit - 1) end
  if first > last then return {} end
  return redis.call(descending and 'ZREVRANGE' or 'ZRANGE', key, first, last, 'WITHSCORES')
end`

/** A field as it is; '', which nobody can read, where there is none and where the key holds something else. */
export const FIELD = `
local function field(key, name)
  local value = redis.pcall('HGET', key, name)
  return type(value) == 'string' and value or ''
end`

/** Revision and document; neither where there is no key, and '' in place of what cannot be read. */
const DOCUMENT = `${FIELD}
local function document(key)
  if redis.call('EXISTS', key) == 0 then return false, false end
  return field(key, 'r'), field(key, 'd')
end`

/**
 * KEYS index partition · ARGV from, to, 1 for descending, skip, limit, index, what the keys of documents begin with,
 * 1 to read documents, too.
 * Returns of each row its id, order and value, and revision and document where asked for.
 */
export const LIST_ROWS = new LuaScript(`${PAGE}${DOCUMENT}
local rows = page(KEYS[1], ARGV[1], ARGV[2], ARGV[3] == '1', tonumber(ARGV[4]), tonumber(ARGV[5]))
local answer = {}
for i = 1, #rows, 2 do
  local id, place = string.match(rows[i], '^(.*)%z(%d+)$')
  local key = ARGV[7] .. id
  local row = {id, rows[i + 1], field(key, 'v:' .. ARGV[6] .. ':' .. place)}
  if ARGV[8] == '1' then
    row[4], row[5] = document(key)
  end
  answer[#answer + 1] = row
end
return answer`)

/** KEYS ids · ARGV lower and upper bound of ids, most, what the keys of documents begin with. Ids and documents. */
export const SCAN_DOCUMENTS = new LuaScript(`${DOCUMENT}
local answer = {}
for _, id in ipairs(redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])) do
  answer[#answer + 1] = {id, document(ARGV[4] .. id)}
end
return answer`)

/** KEYS document. Of each attachment its name, content type and length. */
export const LIST_ATTACHMENTS = new LuaScript(`
local answer = {}
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 2) == 'a:' then
    local name = string.sub(field, 3)
    answer[#answer + 1] = {name, redis.call('HGET', KEYS[1], 't:' .. name), redis.call('HSTRLEN', KEYS[1], field)}
  end
end
return answer`)
