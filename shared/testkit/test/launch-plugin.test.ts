import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endScope, launchPlugin, openScope, tempFolder } from '@powerbus/testkit'
import { test } from 'tap'

const PLUGIN = `#!/usr/bin/env node
const http = require('node:http')
const fs = require('node:fs')
const [command, to, from] = process.argv.slice(2)
if (command === 'define') process.stdout.write(JSON.stringify({ Name: 'sample', Cwd: process.cwd() }))
if (command === 'unpack') { fs.mkdirSync(to); fs.writeFileSync(to + '/file', 'x') }
if (command === 'listen') http.createServer((request, answer) => {
  http.request({ socketPath: from, path: '/api-server-plugin/v4/log', method: 'POST', headers: { 'content-type': 'application/json' } }, (logged) => {
    logged.resume().on('end', () => {
      answer.setHeader('content-type', 'application/json')
      request.pipe(answer)
    })
  }).end('{"Message":"seen","Unknown":"kept raw"}')
}).listen(to, () => console.log('READY!'))
`

test('launchPlugin runs define, unpack and listen, exchanges requests, and leaves nothing behind', async (t) => {
  const file = join(tempFolder(t), 'sample')
  writeFileSync(file, PLUGIN)
  chmodSync(file, 0o755)
  const scope = openScope()
  const plugin = await launchPlugin(scope, file)
  t.equal(plugin.manifest.Name, 'sample')
  t.ok(existsSync(join(plugin.unpacked, 'file')))
  const answer = await plugin.action({ Command: 'poweron' })
  t.equal(answer.status, 200)
  t.same(answer.json(), { Command: 'poweron' })
  t.equal(plugin.received.length, 1)
  t.match(plugin.received, [{ path: 'log', body: { Message: 'seen' } }])
  t.match(plugin.sent(), '"Unknown":"kept raw"')
  await endScope(scope)
  t.notOk(existsSync(plugin.toPath))
  t.not((await plugin.process.exited).signal, null)
})
