import { LuaScript } from '../connection/lua-script.ts'

// A sorted set holds all keys, with one score, so that they are in the order of their bytes; the value of each is a
// string under a key of its own.

/** In place of a value that is no string, or gone. */
export const DAMAGED = 0

/**
 * KEYS keys · ARGV what the keys of values begin with, first key, key to end before, 1 for descending, skip, most.
 * Returns keys and values in turn. By ranks, so that skipping costs nothing.
 */
export const READ_RANGE = new LuaScript(`
local skip, most = tonumber(ARGV[5]), tonumber(ARGV[6])
local first = redis.call('ZLEXCOUNT', KEYS[1], '-', '(' .. ARGV[2])
local last = redis.call('ZLEXCOUNT', KEYS[1], '-', '(' .. ARGV[3]) - 1
local descending = ARGV[4] == '1'
if descending then
  last = last - skip
  first = math.max(first, last - most + 1)
else
  first = first + skip
  last = math.min(last, first + most - 1)
end
if first > last then return {} end
local keys = redis.call('ZRANGE', KEYS[1], first, last)
local answer = {}
for from = 1, #keys, 1000 do
  local names = {}
  for i = from, math.min(#keys, from + 999) do names[#names + 1] = ARGV[1] .. keys[i] end
  for i, value in ipairs(redis.call('MGET', unpack(names))) do
    local at = from + i - 1
    if descending then at = #keys - at + 1 end
    answer[2 * at - 1], answer[2 * at] = keys[from + i - 1], value or ${DAMAGED}
  end
end
return answer`)

/**
 * KEYS keys · ARGV what the keys of values begin with, how many conditions, of each its key, 1 where there must be a
 * value, and that; then of each operation its key, 1 where it puts, and the value. 0: a condition does not hold.
 */
export const WRITE_BATCH = new LuaScript(`
local at = 3
for _ = 1, tonumber(ARGV[2]) do
  local value = redis.pcall('GET', ARGV[1] .. ARGV[at])
  if ARGV[at + 1] == '1' then
    if value ~= ARGV[at + 2] then return 0 end
  elseif value then
    return 0
  end
  at = at + 3
end
while ARGV[at] do
  local key = ARGV[at]
  if ARGV[at + 1] == '1' then
    redis.call('ZADD', KEYS[1], 0, key)
    redis.call('SET', ARGV[1] .. key, ARGV[at + 2])
  else
    redis.call('ZREM', KEYS[1], key)
    redis.call('UNLINK', ARGV[1] .. key)
  end
  at = at + 3
end
return 1`)
