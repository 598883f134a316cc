#!/usr/bin/env node
// node deploy/make-secrets.mjs FOLDER [--container]: fresh random passwords for every user of the committed NATS and
// Redis configuration, in a new folder that only its owner can enter. Never overwrites: rotating means a new folder.
//
//   nats-USER.password, redis-USER.password  read by a program (NATS_PASSWORD_FILE, REDIS_PASSWORD_FILE)
//   nats-passwords.conf                      included by nats-server.conf as passwords.conf
//   redis-users.acl                          users.acl with hashes; redis.conf names it as aclfile
//   serve.token                              the bearer token of `serve` on HTTP
//   endpoint.api-token                       empty: `powerbus token` makes its content, see docs/deploying.md
//
// Files are 0600. With --container they are 0444, because a container's program runs as another user and sees the
// host's file. Other users of the host cannot enter the folder (0700).
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { container: { type: 'boolean' } } })
const [folder] = positionals
if (folder === undefined || positionals.length > 1) {
  console.error('usage: make-secrets.mjs FOLDER [--container]')
  process.exit(2)
}

/** @param {string} path */
const committed = (path) => readFileSync(new URL(path, import.meta.url), 'utf8')
/** 256 bits; letters and digits only, which no configuration language interprets. */
const makePassword = () => randomBytes(32).toString('hex')
/** @param {string} name @param {string} text */
function write(name, text) {
  const path = join(/** @type {string} */ (folder), name)
  writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
  if (values.container) chmodSync(path, 0o444)
}

mkdirSync(folder, { mode: 0o700 })

const natsUsers = [...committed('nats/nats-server.conf').matchAll(/^\s*password: \$(\w+)_PASSWORD$/gm)].map(
  ([, user = '']) => user,
)
let natsPasswords = ''
for (const user of natsUsers) {
  const password = makePassword()
  natsPasswords += `${user}_PASSWORD: "${password}"\n`
  write(`nats-${user.toLowerCase().replaceAll('_', '-')}.password`, password)
}
write('nats-passwords.conf', natsPasswords)

const acl = committed('redis/users.acl').replace(/\{(redis-[\w-]+)\}/g, (_, name) => {
  const password = makePassword()
  write(`${name}.password`, password)
  return createHash('sha256').update(password).digest('hex')
})
write('redis-users.acl', acl)
write('serve.token', makePassword())
write('endpoint.api-token', '')
