import { LuaScript } from '../connection/lua-script.ts'

/** Counts one in the server's minute; a counter has two fields: `m` the minute, `n` the count. */
const COUNT = `
local time = redis.call('TIME')
local ms = time[1] * 1000 + math.floor(time[2] / 1000)
local minute = math.floor(ms / 60000)
local leftMs = (minute + 1) * 60000 - ms
local function count(key)
  if tonumber(redis.call('HGET', key, 'm') or -1) == minute then return redis.call('HINCRBY', key, 'n', 1) end
  redis.call('HSET', key, 'm', string.format('%.0f', minute), 'n', 1)
  redis.call('PEXPIRE', key, 120000)
  return 1
end`

/** KEYS counter. Returns the count and how long this minute still lasts, ms. */
export const COUNT_FIRE = new LuaScript(`${COUNT}
return {count(KEYS[1]), leftMs}`)

// The places that a process took are a hash of namespace and number, which lasts as long as its lease. It holds one
// field, with an empty name, that no namespace has, so that a process without places is known to live.

/**
 * KEYS counter, processes · ARGV this process, what the keys of places begin with, lease ms, namespace, requests per
 * minute, places. Returns `m`, the count and how long this minute still lasts, ms, for one request too many; else `p`,
 * how many places are taken, and 1 or 0 for whether one of them is for this request.
 */
export const ENTER = new LuaScript(`${COUNT}
local counted = count(KEYS[1])
if counted > tonumber(ARGV[5]) then return {'m', counted, leftMs} end
local me, prefix, namespace, limit = ARGV[1], ARGV[2], ARGV[4], tonumber(ARGV[6])
local taken = 0
for _, process in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  local places = redis.call('HGET', prefix .. process, namespace)
  if places then
    taken = taken + tonumber(places)
  elseif process ~= me and redis.call('EXISTS', prefix .. process) == 0 then
    redis.call('SREM', KEYS[2], process)
  end
end
if taken >= limit then return {'p', taken, 0} end
redis.call('HINCRBY', prefix .. me, namespace, 1)
if redis.call('PTTL', prefix .. me) < 0 then
  redis.call('HSET', prefix .. me, '', 0)
  redis.call('PEXPIRE', prefix .. me, ARGV[3])
  redis.call('SADD', KEYS[2], me)
end
return {'p', taken + 1, 1}`)

/** KEYS places of this process · ARGV namespace and number given back, in turn. */
export const LEAVE = new LuaScript(`
for i = 1, #ARGV, 2 do
  local left = redis.call('HGET', KEYS[1], ARGV[i])
  if left then
    if tonumber(left) <= tonumber(ARGV[i + 1]) then
      redis.call('HDEL', KEYS[1], ARGV[i])
    else
      redis.call('HINCRBY', KEYS[1], ARGV[i], -ARGV[i + 1])
    end
  end
end
return 1`)

/** KEYS processes, places of this process · ARGV this process, lease ms. Returns 0 where Redis had forgotten it. */
export const RENEW = new LuaScript(`
local known = redis.call('PEXPIRE', KEYS[2], ARGV[2])
if known == 0 then
  redis.call('HSET', KEYS[2], '', 0)
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
end
redis.call('SADD', KEYS[1], ARGV[1])
return known`)

/** KEYS places of this process · ARGV namespace and number held, in turn. Sets them, whatever was there. */
export const SET_PLACES = new LuaScript(`
for i = 1, #ARGV, 2 do
  if ARGV[i + 1] == '0' then
    redis.call('HDEL', KEYS[1], ARGV[i])
  else
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
return 1`)

/** KEYS processes, places of this process · ARGV this process. */
export const FORGET = new LuaScript(`
redis.call('SREM', KEYS[1], ARGV[1])
redis.call('UNLINK', KEYS[2])
return 1`)
