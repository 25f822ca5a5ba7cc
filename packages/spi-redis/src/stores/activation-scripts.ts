import { LuaScript } from '../connection/lua-script.ts'

// A record is a hash: `f` the whole record, `s` its summary, `n` its filter name, `p` its namespace, `i` its id.

/** Removes the provisional record of an activation. */
const FORGET = `
local function forget(provisional, provisionalOf, ofOwner, member)
  local owner = redis.call('HGET', provisionalOf, member)
  if not owner then return end
  redis.call('HDEL', provisional, member)
  redis.call('HDEL', provisionalOf, member)
  redis.call('SREM', ofOwner .. owner, member)
end`

/**
 * KEYS all, namespaces, provisional, provisional-by · ARGV what the keys of records, of the index by start, of that by name
 * and of the sets by owner begin with, then of each record its escaped namespace, id and filter name, start, record and summary.
 * Returns 1 for each that was stored, 0 where there was one.
 */
export const PUT_RECORDS = new LuaScript(`${FORGET}
local answer = {}
local hasProvisional = redis.call('EXISTS', KEYS[4]) == 1
for i = 5, #ARGV, 6 do
  local namespace, id, name, start = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local member = namespace .. '\\0' .. id
  if hasProvisional then forget(KEYS[3], KEYS[4], ARGV[4], member) end
  local stored = redis.call('HSETNX', ARGV[1] .. member, 'f', ARGV[i + 4])
  if stored == 1 then
    redis.call('HSET', ARGV[1] .. member, 's', ARGV[i + 5], 'n', name, 'p', namespace, 'i', id)
    redis.call('ZADD', ARGV[2] .. namespace, start, id)
    redis.call('ZADD', ARGV[3] .. namespace .. '\\0' .. name, start, id)
    redis.call('ZADD', KEYS[1], start, member)
    redis.call('ZINCRBY', KEYS[2], 1, namespace)
  end
  answer[#answer + 1] = stored
end
return answer`)

/**
 * The ranks of a page, so that skipping costs nothing: those of what is within the bounds, skip and limit applied.
 * A limit of -1 is none.
 */
const PAGE = `
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
const FIELD = `
local function field(key, name)
  local value = redis.pcall('HGET', key, name)
  return type(value) == 'string' and value or ''
end`

/**
 * KEYS index · ARGV from, to, skip, limit, what the keys of the namespace's records begin with, field.
 * Returns that field of each record of the page, the latest first.
 */
export const LIST_RECORDS = new LuaScript(`${PAGE}${FIELD}
local rows = page(KEYS[1], ARGV[1], ARGV[2], true, tonumber(ARGV[3]), tonumber(ARGV[4]))
local answer = {}
for i = 1, #rows, 2 do
  answer[#answer + 1] = field(ARGV[5] .. rows[i], ARGV[6])
end
return answer`)

/**
 * KEYS all, namespaces · ARGV what the keys of records, of the index by start and of that by name begin with, the
 * first start to keep or '', how many each namespace keeps or '', most to remove. Returns how many were removed.
 */
export const EXPIRE_RECORDS = new LuaScript(`
local records, byStart, byName, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[6])
local removed = 0
local function remove(member)
  local record = redis.pcall('HMGET', records .. member, 'p', 'i', 'n')
  local namespace, id, name = record[1], record[2], record[3]
  -- Something else under the key keeps no other record from being removed.
  if record.err then namespace, id, name = string.match(member, '^(.*)%z(.*)$') end
  redis.call('ZREM', KEYS[1], member)
  removed = removed + 1
  if not namespace then return end
  redis.call('UNLINK', records .. member)
  redis.call('ZREM', byStart .. namespace, id)
  if name then redis.call('ZREM', byName .. namespace .. '\\0' .. name, id) end
  if tonumber(redis.call('ZINCRBY', KEYS[2], -1, namespace)) <= 0 then redis.call('ZREM', KEYS[2], namespace) end
end
if ARGV[4] ~= '' then
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[4], 'LIMIT', 0, most)) do
    remove(member)
  end
end
if ARGV[5] ~= '' and removed < most then
  local keep = tonumber(ARGV[5])
  local full = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[5], '+inf', 'WITHSCORES', 'LIMIT', 0, most)
  for i = 1, #full, 2 do
    local surplus = math.min(tonumber(full[i + 1]) - keep, most - removed)
    if surplus > 0 then
      for _, id in ipairs(redis.call('ZRANGE', byStart .. full[i], 0, surplus - 1)) do
        remove(full[i] .. '\\0' .. id)
      end
    end
  end
end
return removed`)

/**
 * KEYS provisional, provisional-by, owners · ARGV what the keys of records and of the sets by owner begin with, owner,
 * record name, record. Does nothing where there is a record.
 */
export const PUT_PROVISIONAL = new LuaScript(`${FORGET}
if redis.call('EXISTS', ARGV[1] .. ARGV[4]) == 1 then return 0 end
forget(KEYS[1], KEYS[2], ARGV[2], ARGV[4])
redis.call('HSET', KEYS[1], ARGV[4], ARGV[5])
redis.call('HSET', KEYS[2], ARGV[4], ARGV[3])
redis.call('SADD', ARGV[2] .. ARGV[3], ARGV[4])
redis.call('SADD', KEYS[3], ARGV[3])
return 1`)

/** KEYS provisional, provisional-by · ARGV what the keys of the sets by owner begin with, owner, record name. */
export const DISCARD_PROVISIONAL = new LuaScript(`${FORGET}
if redis.call('HGET', KEYS[2], ARGV[3]) ~= ARGV[2] then return 0 end
forget(KEYS[1], KEYS[2], ARGV[1], ARGV[3])
return 1`)

/** KEYS provisional, set of the owner · ARGV most. Records. */
export const PROVISIONAL = new LuaScript(`
local names = redis.call('SRANDMEMBER', KEYS[2], ARGV[1])
if #names == 0 then return {} end
return redis.call('HMGET', KEYS[1], unpack(names))`)

/** KEYS owners · ARGV what the keys of the sets by owner begin with. Owners that have provisional records; forgets the others. */
export const OWNERS = new LuaScript(`
local answer = {}
for _, owner in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  if redis.call('EXISTS', ARGV[1] .. owner) == 1 then
    answer[#answer + 1] = owner
  else
    redis.call('SREM', KEYS[1], owner)
  end
end
return answer`)

/**
 * KEYS all · ARGV start and member of the record behind which to begin, both '' for the first, how many, what the keys
 * of records begin with. Of each its start, member and record.
 */
export const SCAN_RECORDS = new LuaScript(`${FIELD}
local first = 0
if ARGV[2] ~= '' then
  local rank = redis.call('ZRANK', KEYS[1], ARGV[2])
  first = rank and rank + 1 or redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. ARGV[1])
end
local rows = redis.call('ZRANGE', KEYS[1], first, first + ARGV[3] - 1, 'WITHSCORES')
local answer = {}
for i = 1, #rows, 2 do
  answer[#answer + 1] = {rows[i + 1], rows[i], field(ARGV[4] .. rows[i], 'f')}
end
return answer`)
