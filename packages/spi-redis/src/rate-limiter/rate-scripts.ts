import { LuaScript } from '../connection/lua-script.ts'

/**
 * Counts one in the server's minute; a counter has two fields: `m` the minute, `n` the count.
 * KEYS counter. Returns the count and how long this minute still lasts, ms.
 */
export const COUNT_FIRE = new LuaScript(`
local time = redis.call('TIME')
local ms = time[1] * 1000 + math.floor(time[2] / 1000)
local minute = math.floor(ms / 60000)
local leftMs = (minute + 1) * 60000 - ms
if tonumber(redis.call('HGET', KEYS[1], 'm') or -1) == minute then
  return {redis.call('HINCRBY', KEYS[1], 'n', 1), leftMs}
end
redis.call('HSET', KEYS[1], 'm', string.format('%.0f', minute), 'n', 1)
redis.call('PEXPIRE', KEYS[1], 120000)
return {1, leftMs}`)

// The places that a process holds are a hash of namespace and number, which lasts as long as its lease. It holds one
// field, with an empty name, that no namespace has, so that a process without places is known to live. A number with a
// tilde may be more than the process uses: it will say within some milliseconds what it gives back.

/**
 * What one process has to say and to ask of one namespace.
 * KEYS counter, processes · ARGV this process, what the keys of places begin with, lease ms, namespace, requests per
 * minute, places; the minute that its permits are of, permits given back, permits of blocks used or given back, permits
 * of blocks that it keeps; places that it keeps, 1 where these and those below may be more than it uses; requests with a
 * permit, requests without, permits wanted beyond these, places wanted beyond these; 1 where nobody is waited for.
 * A counter has a third field: `o`, how many of the count are permits in blocks, perhaps not used.
 * Blocks are parts of what is left, so that they are empty near a limit.
 * Returns the minute, how long it still lasts, ms, how many requests got a permit, the count then, 1 where the others
 * must ask again, permits beyond these, 1 where blocks are to be had; places of others, how many requests got a place, 1
 * where the others must ask again, places beyond these, 1 where places may be kept for later.
 */
export const ASK = new LuaScript(`
local time = redis.call('TIME')
local ms = time[1] * 1000 + math.floor(time[2] / 1000)
local minute = math.floor(ms / 60000)
local leftMs = (minute + 1) * 60000 - ms
local me, prefix, namespace = ARGV[1], ARGV[2], ARGV[4]
local arg = {}
for i = 3, 17 do arg[i] = tonumber(ARGV[i]) or 0 end
local perMinute, concurrent, final = arg[5], arg[6], arg[17] == 1
local function block(left) return math.max(0, math.floor(left / 8)) end

local count, outstanding = 0, 0
local counter = redis.call('HMGET', KEYS[1], 'm', 'n', 'o')
local isNew = tonumber(counter[1] or -1) ~= minute
local kept = 0
if not isNew then
  count, outstanding = tonumber(counter[2] or 0), tonumber(counter[3] or 0)
  if arg[7] == minute then
    count = math.max(0, count - arg[8])
    outstanding = math.max(0, outstanding - arg[9])
    kept = arg[10]
  end
end
local passed = math.min(arg[14], math.max(0, perMinute - count))
count = count + passed
local counted = count
local minuteAgain, extra = 0, 0
if arg[14] > passed then
  if not final and outstanding > kept then minuteAgain = 1 else count = count + arg[14] - passed end
else
  extra = math.min(arg[15], block(perMinute - count))
  count = count + extra
  outstanding = outstanding + extra
end
if isNew or count ~= tonumber(counter[2]) or outstanding ~= tonumber(counter[3] or 0) then
  redis.call('HSET', KEYS[1], 'm', string.format('%.0f', minute), 'n', count, 'o', outstanding)
  if isNew then redis.call('PEXPIRE', KEYS[1], 120000) end
end

local others, othersMayGive, known = 0, false, false
for _, process in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if process == me then
    known = true
  else
    local places = redis.call('HGET', prefix .. process, namespace)
    if places then
      others = others + tonumber(string.match(places, '^%d+'))
      if string.sub(places, -1) == '~' then othersMayGive = true end
    elseif redis.call('EXISTS', prefix .. process) == 0 then
      redis.call('SREM', KEYS[2], process)
    end
  end
end
local asking = arg[13] + passed
local granted = math.min(asking, math.max(0, concurrent - others - arg[11]))
local mine = arg[11] + granted
local placesAgain, spare, roomy = 0, 0, 0
if granted < asking then
  if not final and othersMayGive then placesAgain = 1 end
elseif arg[12] == 1 and block(concurrent - others - mine) > 0 then
  roomy = 1
  spare = math.min(arg[16], block(concurrent - others - mine))
  mine = mine + spare
end
local places = prefix .. me
if mine > 0 then
  redis.call('HSET', places, '', 0, namespace, string.format('%.0f', mine) .. (roomy == 1 and '~' or ''))
elseif redis.call('HDEL', places, namespace) == 0 or not known then
  redis.call('HSET', places, '', 0)
end
redis.call('PEXPIRE', places, ARGV[3])
if not known then redis.call('SADD', KEYS[2], me) end
return {minute, leftMs, passed, counted, minuteAgain, extra, block(perMinute - count) > 0 and 1 or 0,
  others, granted, placesAgain, spare, roomy}`)

/** KEYS processes, places of this process · ARGV this process, lease ms. Returns 0 where Redis had forgotten it. */
export const RENEW = new LuaScript(`
local known = redis.call('PEXPIRE', KEYS[2], ARGV[2])
if known == 0 then
  redis.call('HSET', KEYS[2], '', 0)
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
end
redis.call('SADD', KEYS[1], ARGV[1])
return known`)

/** KEYS processes, places of this process · ARGV this process. */
export const FORGET = new LuaScript(`
redis.call('SREM', KEYS[1], ARGV[1])
redis.call('UNLINK', KEYS[2])
return 1`)
