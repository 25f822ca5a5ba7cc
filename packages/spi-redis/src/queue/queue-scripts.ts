import { LuaScript } from '../connection/lua-script.ts'

// Fields of an entry: `b` the body; in retry streams also `a`, the attempt that its first delivery is, or only `n`,
// which tells whoever reads it that there is something delayed.

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`

/** Removes what nobody else can want: with a single group, an acknowledged entry. */
const DROP = `
local function drop(key, ids)
  local groups = redis.pcall('XINFO', 'GROUPS', key)
  if not groups.err and #groups == 1 then redis.call('XDEL', key, unpack(ids)) end
end`

/** The first id that a group, as XINFO GROUPS tells of it, still wants; all before it are acknowledged. */
const WANTED = `
local function parts(id)
  local dash = string.find(id, '-', 1, true)
  return tonumber(string.sub(id, 1, dash - 1)), tonumber(string.sub(id, dash + 1))
end
local function firstWanted(key, flat)
  local group = {}
  for i = 1, #flat, 2 do group[flat[i]] = flat[i + 1] end
  if group.pending > 0 then return redis.call('XPENDING', key, group.name)[2], group.name end
  local ms, seq = parts(group['last-delivered-id'])
  return string.format('%.0f-%.0f', ms, seq + 1), group.name
end`

/** Takes an entry out of the group's hands and puts it behind the retry stream. The entry must be pending. */
const PUT_BACK = `${DROP}
local function field(entry, name)
  for i = 1, #entry[2], 2 do
    if entry[2][i] == name then return entry[2][i + 1] end
  end
  return nil
end
local function putBack(key, retry, group, id, more)
  local entry = redis.call('XRANGE', key, id, id)[1]
  redis.call('XACK', key, group, id)
  local body = entry and field(entry, 'b')
  if body then
    redis.call('XADD', retry, '*', 'b', body, 'a', (tonumber(field(entry, 'a')) or 1) + more)
  end
  drop(key, {id})
end`

/** KEYS stream, retry, alive · ARGV group, consumer, where a new group begins. Makes what is missing. */
export const JOIN = new LuaScript(`${NOW}
for i, start in ipairs({ARGV[3], '0'}) do
  local made = redis.pcall('XGROUP', 'CREATE', KEYS[i], ARGV[1], start, 'MKSTREAM')
  if made.err and not string.find(made.err, 'BUSYGROUP', 1, true) then return made end
end
redis.call('ZADD', KEYS[3], now, ARGV[2])
return 1`)

/** KEYS streams · ARGV number of the stream and body, in turn. Returns 1 for each that was added, else why not. */
export const PUBLISH = new LuaScript(`
local answer = {}
for i = 1, #ARGV, 2 do
  local added = redis.pcall('XADD', KEYS[tonumber(ARGV[i])], '*', 'b', ARGV[i + 1])
  answer[#answer + 1] = type(added) == 'table' and added.err or 1
end
return answer`)

/** KEYS stream or retry · ARGV group, ids that it has done with. */
export const ACKNOWLEDGE = new LuaScript(`${DROP}
redis.call('XACK', KEYS[1], unpack(ARGV))
table.remove(ARGV, 1)
drop(KEYS[1], ARGV)
return 1`)

/**
 * KEYS stream or retry, delayed, parked · ARGV group, id, delay ms, attempt of the next delivery, stream's letter.
 * Returns the time until something delayed is due; does nothing when the message is no longer pending.
 */
export const PARK = new LuaScript(`${NOW}${DROP}
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 1 then
  local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
  if entry then
    for i = 1, #entry[2], 2 do
      if entry[2][i] == 'b' then
        local member = ARGV[5] .. ARGV[2]
        redis.call('HSET', KEYS[3], member, ARGV[4] .. ':' .. entry[2][i + 1])
        redis.call('ZADD', KEYS[2], now + ARGV[3], member)
      end
    end
    drop(KEYS[1], {ARGV[2]})
  end
end
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if not first[2] then return -1 end
return math.max(0, tonumber(first[2]) - now)`)

/** Moves what is due to the retry stream; returns the time until the next, or -1. */
const RELEASE_DUE = `
local function releaseDue(retry, delayed, parked)
  local due = redis.call('ZRANGEBYSCORE', delayed, '-inf', now, 'LIMIT', 0, 500)
  for _, member in ipairs(due) do
    local message = redis.call('HGET', parked, member)
    if message then
      local colon = string.find(message, ':', 1, true)
      redis.call('XADD', retry, '*', 'b', string.sub(message, colon + 1), 'a', string.sub(message, 1, colon - 1))
      redis.call('HDEL', parked, member)
    end
    redis.call('ZREM', delayed, member)
  end
  local first = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
  if not first[2] then return -1 end
  return math.max(0, tonumber(first[2]) - now)
end`

/** KEYS retry, delayed, parked. Returns the time until something else is due, or -1. */
export const RELEASE = new LuaScript(`${NOW}${RELEASE_DUE}
return releaseDue(KEYS[1], KEYS[2], KEYS[3])`)

/**
 * KEYS stream, retry, delayed, parked, alive · ARGV group, consumer, lease ms, 1 to take over what was abandoned,
 * how many of the ids are of the stream, ids of the stream, ids of the retry stream.
 * Renews the lease of those ids, puts back what nobody renewed, releases what is due and forgets dead consumers.
 * Returns the time until something else is due, or -1, and then the ids, with their stream's letter, that another
 * consumer has taken over.
 */
export const KEEP = new LuaScript(`${NOW}${PUT_BACK}${RELEASE_DUE}${WANTED}
local group, me, lease, split = ARGV[1], ARGV[2], tonumber(ARGV[3]), 5 + tonumber(ARGV[5])
local answer = {0}
for i = 6, #ARGV do
  local key, letter = KEYS[1], 's'
  if i > split then key, letter = KEYS[2], 'r' end
  if #redis.call('XPENDING', key, group, ARGV[i], ARGV[i], 1, me) == 0 then
    answer[#answer + 1] = letter .. ARGV[i]
  else
    redis.call('XCLAIM', key, group, me, 0, ARGV[i], 'JUSTID')
  end
end
-- After the renewal: unlike that, it is refused when the server has no memory left.
redis.call('ZADD', KEYS[5], now, me)
if ARGV[4] == '1' then
  for i = 1, 2 do
    local cursor = '0-0'
    repeat
      local found = redis.call('XAUTOCLAIM', KEYS[i], group, me, lease, cursor, 'COUNT', 100, 'JUSTID')
      for _, id in ipairs(found[2]) do
        local pending = redis.call('XPENDING', KEYS[i], group, id, id, 1)[1]
        if pending then putBack(KEYS[i], KEYS[2], group, id, pending[4]) end
      end
      cursor = found[1]
    until cursor == '0-0'
  end
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', now - 2 * lease)) do
    if #redis.call('XPENDING', KEYS[1], group, '-', '+', 1, other) == 0
      and #redis.call('XPENDING', KEYS[2], group, '-', '+', 1, other) == 0 then
      redis.call('XGROUP', 'DELCONSUMER', KEYS[1], group, other)
      redis.call('XGROUP', 'DELCONSUMER', KEYS[2], group, other)
      redis.call('ZREM', KEYS[5], other)
    end
  end
end
-- What was acknowledged and, for want of time, not removed.
redis.call('XTRIM', KEYS[2], 'MINID', (firstWanted(KEYS[2], redis.call('XINFO', 'GROUPS', KEYS[2])[1])))
answer[1] = releaseDue(KEYS[2], KEYS[3], KEYS[4])
return answer`)

/**
 * KEYS stream, retry, delayed, alive · ARGV group, consumer, 1 to leave for good, ids with their stream's letter.
 * Puts back what the consumer holds, apart from these ids, with the attempt that it has: it was handed out to nobody.
 * Who leaves and holds something all the same is forgotten only when the lease has ended.
 */
export const GIVE_BACK = new LuaScript(`${PUT_BACK}
local kept = {}
for i = 4, #ARGV do kept[ARGV[i]] = true end
for i, letter in ipairs({'s', 'r'}) do
  local from = '-'
  repeat
    local pending = redis.call('XPENDING', KEYS[i], ARGV[1], from, '+', 100, ARGV[2])
    for _, message in ipairs(pending) do
      from = '(' .. message[1]
      if not kept[letter .. message[1]] then putBack(KEYS[i], KEYS[2], ARGV[1], message[1], message[4] - 1) end
    end
  until #pending < 100
end
if ARGV[3] == '1' then
  if #ARGV == 3 then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
    redis.call('XGROUP', 'DELCONSUMER', KEYS[2], ARGV[1], ARGV[2])
    redis.call('ZREM', KEYS[4], ARGV[2])
  end
  if redis.call('ZCARD', KEYS[3]) > 0 then redis.call('XADD', KEYS[2], '*', 'n', '1') end
end
return 1`)

/** KEYS settings · ARGV names and values. The first who ensures a topic decides. */
export const ENSURE = new LuaScript(`
if redis.call('HSETNX', KEYS[1], 'ensured', 1) == 1 and #ARGV > 0 then redis.call('HSET', KEYS[1], unpack(ARGV)) end
return 1`)

/**
 * KEYS stream, settings · ARGV retention ms, retention bytes, what the keys of live consumers begin with, ms after
 * which a silent consumer counts as dead.
 * Removes what every group has acknowledged, what is too old, and, of what takes too much room, all that no group
 * with a live consumer waits for.
 */
export const TRIM = new LuaScript(`${NOW}${WANTED}
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local function setting(name, fallback)
  return tonumber(redis.call('HGET', KEYS[2], name) or fallback)
end
local function earlier(a, b)
  if not b then return a end
  local aMs, aSeq = parts(a)
  local bMs, bSeq = parts(b)
  if aMs < bMs or (aMs == bMs and aSeq < bSeq) then return a end
  return b
end
local wanted, wantedByLive
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local first, name = firstWanted(KEYS[1], flat)
  wanted = earlier(first, wanted)
  if redis.call('ZCOUNT', ARGV[3] .. name, now - ARGV[4], '+inf') > 0 then
    wantedByLive = earlier(first, wantedByLive)
  end
end
if wanted then redis.call('XTRIM', KEYS[1], 'MINID', wanted) end
redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f', math.max(0, now - setting('retentionMs', ARGV[1]))))
local most = setting('retentionBytes', ARGV[2])
local bytes = redis.call('MEMORY', 'USAGE', KEYS[1])
if bytes and bytes > most then
  if wantedByLive then
    redis.call('XTRIM', KEYS[1], 'MINID', wantedByLive)
  else
    redis.call('XTRIM', KEYS[1], 'MAXLEN', math.floor(redis.call('XLEN', KEYS[1]) * most / bytes))
  end
end
return redis.call('XLEN', KEYS[1])`)
