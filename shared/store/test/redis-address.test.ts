import { test } from 'tap'
import { parseRedisAddress } from '../src/redis/address.ts'

test('parseRedisAddress reads every form of address', async (t) => {
  const local = { mode: 'single', tls: false, hosts: [{ host: 'redis', port: 6379 }], database: 0 }
  t.match(parseRedisAddress('redis://redis'), local)
  t.match(parseRedisAddress('redis://redis:6380/3'), { hosts: [{ port: 6380 }], database: 3 })
  t.match(parseRedisAddress('rediss://u%40:p%2F@[::1]:7000'), {
    tls: true,
    username: 'u@',
    password: 'p/',
    hosts: [{ host: '::1', port: 7000 }],
  })
  t.match(parseRedisAddress('redis://:only@redis'), { password: 'only' })
  t.match(parseRedisAddress('redis+unix:///run/redis.sock'), {
    mode: 'unix',
    path: '/run/redis.sock',
    hosts: { length: 0 },
  })
  t.match(parseRedisAddress('rediss+sentinel://u:p@a,b:26380/lab/2'), {
    mode: 'sentinel',
    tls: true,
    hosts: [
      { host: 'a', port: 26379 },
      { host: 'b', port: 26380 },
    ],
    masterName: 'lab',
    database: 2,
  })
  t.match(parseRedisAddress('redis+cluster://a:1,b'), { mode: 'cluster', hosts: [{ port: 1 }, { port: 6379 }] })
  t.notMatch(parseRedisAddress('redis://u:p4ss@redis').name, /p4ss/)
})

test('a malformed address is refused, and the message does not contain its password', async (t) => {
  const wrong = [
    '',
    'redis',
    'http://redis',
    'redis://',
    'redis://a,b',
    'redis://a:0',
    'redis://a:70000',
    'redis://a/x',
  ]
  const more = ['redis+sentinel://a', 'redis+cluster://a/1', 'redis+unix://a/b', 'redis+unix://', 'redis://u:p4ss@:1']
  for (const url of [...wrong, ...more]) {
    t.throws(() => parseRedisAddress(url), { code: 'STORE_INPUT' }, url)
    try {
      parseRedisAddress(url)
    } catch (error) {
      t.notMatch(String(error), /p4ss/)
    }
  }
})
