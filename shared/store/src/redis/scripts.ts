import { createHash } from 'node:crypto'

export interface Script {
  readonly lua: string
  /** SHA-1 of the text in hex, for EVALSHA. */
  readonly sha: string
  readonly keys: number
}

function script(keys: number, lua: string): Script {
  return { lua, keys, sha: createHash('sha1').update(lua).digest('hex') }
}

/** Sets `now` to the server's clock, in milliseconds since 1970. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`

/** Books the next slot of the row and sets `wait`. The key holds the begin of the latest slot. */
const bookSlot = (key: number, gap: number) => `
local latest = redis.call('GET', KEYS[${key}])
local at = now
if latest then at = math.max(now, tonumber(latest) + ARGV[${gap}]) end
redis.call('SET', KEYS[${key}], string.format('%.0f', at), 'PX', string.format('%.0f', at - now + ARGV[${gap + 1}]))
local wait = string.format('%.0f', at - now)`

/** Returns -1 if ARGV[1] is a fence and the lock has a newer one. */
const unlessFenced = (key: number) => `
if ARGV[1] ~= '' and tonumber(redis.call('GET', KEYS[${key}]) or '0') > tonumber(ARGV[1]) then return -1 end`

/**
 * KEYS value, fence; ARGV fence or '', condition (any, absent, present, is), expected text, operation (set, delete),
 * text, time to live or ''. Returns 1 if the condition held and the write was done, else 0.
 */
export const writeScript = script(
  2,
  `${unlessFenced(2)}
local present = redis.call('GET', KEYS[1])
if ARGV[2] == 'absent' and present then return 0 end
if ARGV[2] == 'present' and not present then return 0 end
if ARGV[2] == 'is' and present ~= ARGV[3] then return 0 end
if ARGV[4] == 'delete' then redis.call('DEL', KEYS[1])
elseif ARGV[6] == '' then redis.call('SET', KEYS[1], ARGV[5])
else redis.call('SET', KEYS[1], ARGV[5], 'PX', ARGV[6]) end
return 1`,
)

/**
 * KEYS lock, fence, line, seen, slot; ARGV token, owner, time to live, queue (1 or 0), time that a place is kept, time
 * that a fence is kept, gap or '' for no slot, longest gap. The lock is a hash that expires. The line is a sorted set of
 * tokens by ticket. `seen` maps a token to the time until which its place is kept, and its owner. Returns {1, fence, wait
 * for the slot} or {0, owner, since, callers before this one}.
 */
export const acquireScript = script(
  5,
  `${NOW}
local token = redis.call('HGET', KEYS[1], 'token')
if token == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  local booked = ARGV[7] ~= '' and redis.call('GET', KEYS[5])
  return {1, redis.call('HGET', KEYS[1], 'fence'), string.format('%.0f', math.max(0, tonumber(booked or '0') - now))}
end
local first, kept
while true do
  first = redis.call('ZRANGE', KEYS[3], 0, 0)[1]
  if not first or first == ARGV[1] then break end
  kept = redis.call('HGET', KEYS[4], first)
  if kept and tonumber(string.match(kept, '^%d+')) > now then break end
  redis.call('ZREM', KEYS[3], first)
  redis.call('HDEL', KEYS[4], first)
end
if not token and (not first or first == ARGV[1]) then
  redis.call('ZREM', KEYS[3], ARGV[1])
  redis.call('HDEL', KEYS[4], ARGV[1])
  local fence = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, now)
  fence = string.format('%.0f', fence)
  redis.call('SET', KEYS[2], fence, 'PX', ARGV[6])
  redis.call('HSET', KEYS[1], 'token', ARGV[1], 'owner', ARGV[2], 'fence', fence, 'since', string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  if ARGV[7] == '' then return {1, fence, '0'} end
${bookSlot(5, 7)}
  return {1, fence, wait}
end
local before = redis.call('ZCARD', KEYS[3])
if ARGV[4] == '1' then
  if not redis.call('ZSCORE', KEYS[3], ARGV[1]) then
    local last = redis.call('ZRANGE', KEYS[3], -1, -1, 'WITHSCORES')[2]
    redis.call('ZADD', KEYS[3], (tonumber(last or '0')) + 1, ARGV[1])
  end
  redis.call('HSET', KEYS[4], ARGV[1], string.format('%.0f', now + ARGV[5]) .. ' ' .. ARGV[2])
  redis.call('PEXPIRE', KEYS[3], ARGV[5] * 2)
  redis.call('PEXPIRE', KEYS[4], ARGV[5] * 2)
  before = redis.call('ZRANK', KEYS[3], ARGV[1])
end
if token then return {0, redis.call('HGET', KEYS[1], 'owner'), redis.call('HGET', KEYS[1], 'since'), before} end
return {0, string.match(kept, '^%d+ (.*)$'), string.format('%.0f', now), before}`,
)

/** KEYS lock; ARGV token, time to live. Returns 1 if the token holds the lock, else 0. */
export const renewScript = script(
  1,
  `if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`,
)

/** KEYS lock, line, seen; ARGV token. Returns 1 if the token held the lock, else 0. */
export const releaseScript = script(
  3,
  `redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`,
)

/**
 * KEYS slot, fence; ARGV fence or '', gap, longest gap. Returns the wait.
 */
export const slotScript = script(
  2,
  `${unlessFenced(2)}
${NOW}
${bookSlot(1, 2)}
return wait`,
)
