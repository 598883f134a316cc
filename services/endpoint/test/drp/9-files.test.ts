import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { waitUntil } from '@powerbus/testkit'
import tap, { test } from 'tap'
import { startCheckedEndpoint } from '../fixtures/described-answers.ts'
import { readOperatorFile } from '../fixtures/read-operator-file.ts'

// Each test is one row of what drpcli 4.8 and the Go client need of files and isos. One endpoint serves them all.
const { call, endpoint, stateDir } = await startCheckedEndpoint(tap, undefined, { filesPort: 0 })
const octets = { 'content-type': 'application/octet-stream', accept: 'application/octet-stream' }
const upload = async (path: string, body: string) => await call('POST', path, { body, headers: octets })
const sumOf = (text: string) => createHash('sha256').update(text).digest('hex')

test('POST files/PATH and isos/NAME answer 201 {Path,Size}', async (t) => {
  const made = await upload('files/tools/bmc/flash.sh', '#!/bin/sh\n')
  t.same([made.status, made.body], [201, { Path: 'tools/bmc/flash.sh', Size: 10 }])
  t.match(made.headers['content-type'], /application\/json/)
  t.same((await upload('isos/rescue.iso', 'iso')).body, { Path: 'rescue.iso', Size: 3 })
  t.same((await upload('files/empty', '')).body, { Path: 'empty', Size: 0 })
  t.same((await upload('files/tools/list.json', '[1')).status, 201, 'its content is nobody else’s business')
  t.equal((await upload('files/tools/bmc/flash.sh', 'again')).status, 201, 'an upload replaces')
  const archive = await upload('files/a.tar.gz?explode=true', 'x')
  t.match([archive.status, archive.body.Messages[0]], [400, /not unpacked here/])
})

test('GET files?path=DIR and GET isos answer arrays of names; folders end in /', async (t) => {
  t.same((await call('GET', 'files')).body, ['empty', 'tools/'])
  t.same((await call('GET', 'files?path=tools')).body, ['bmc/', 'list.json'])
  t.same((await call('GET', 'files?path=/tools/bmc/')).body, ['flash.sh'])
  t.same((await call('GET', 'isos')).body, ['rescue.iso'])
  t.equal((await call('GET', 'files?path=nothing')).status, 404)
  t.equal((await call('GET', 'files?path=empty')).status, 404)
})

test('GET files/PATH honours If-None-Match with SHA256:HEX', async (t) => {
  const got = await call('GET', 'files/tools/bmc/flash.sh', { headers: octets })
  t.same([got.status, got.text, got.headers['content-length']], [200, 'again', '5'])
  t.equal(got.headers.etag, `"SHA256:${sumOf('again')}"`)
  const known = { headers: { 'if-none-match': String(got.headers.etag) } }
  const same = await call('GET', 'files/tools/bmc/flash.sh', known)
  t.same([same.status, same.text], [304, ''])
  await upload('files/tools/bmc/flash.sh', 'other')
  t.equal((await call('GET', 'files/tools/bmc/flash.sh', known)).text, 'other')
  t.equal((await call('GET', 'files/empty')).text, '')
  t.equal((await call('GET', 'files/tools')).status, 404, 'a folder is no file')
})

test('HEAD files/PATH gives X-DRP-SHA256SUM and ETag', async (t) => {
  const { status, headers } = await call('HEAD', 'isos/rescue.iso')
  t.match([status, headers], [200, { 'x-drp-sha256sum': sumOf('iso'), etag: `"SHA256:${sumOf('iso')}"` }])
  t.equal(headers['content-length'], '3')
  t.equal((await call('HEAD', 'isos/nothing')).status, 404)
})

test('DELETE files/PATH answers 204 with the content type of JSON', async (t) => {
  const gone = await call('DELETE', 'files/tools/list.json')
  t.same([gone.status, gone.text], [204, ''])
  t.match(gone.headers['content-type'], /application\/json/)
  t.equal((await call('DELETE', 'files/tools/list.json')).status, 404)
  t.equal((await call('DELETE', 'files/tools')).status, 409, 'a folder with files stays')
  t.equal((await call('DELETE', 'files/tools/bmc/flash.sh')).status, 204)
  t.equal((await call('DELETE', 'files/tools/bmc')).status, 204)
})

test('the static files and images are served without a login', async (t) => {
  await upload('files/boot.ipxe', '#!ipxe')
  t.match(await call('GET', '/files/boot.ipxe', { token: '' }), { status: 200, text: '#!ipxe' })
  t.match(await call('GET', '/isos/rescue.iso', { token: '' }), { status: 200, text: 'iso' })
  t.equal((await call('HEAD', '/isos/rescue.iso', { token: '' })).headers['content-length'], '3')
})

test('no path leads out of the folder, by whatever spelling', async (t) => {
  writeFileSync(join(stateDir, 'secret'), 'secret')
  mkdirSync(join(stateDir, 'files/links'))
  symlinkSync(stateDir, join(stateDir, 'files/links/out'))
  symlinkSync(join(stateDir, 'secret'), join(stateDir, 'files/links/secret'))
  const paths = ['%2e%2e/secret', '..%2fsecret', 'links/out/secret', 'links/secret', 'a%00', 'a%2f%2e%2e%2f..%2fsecret']
  const odd = ['.uploads/x', 'a//b', `${'n'.repeat(300)}`, '..%5csecret', '%2fetc/passwd', '.']
  for (const path of [...paths, ...odd]) {
    for (const base of ['files', '/files']) {
      const answer = await call('GET', `${base}/${path}`)
      t.ok([400, 404].includes(answer.status), `GET ${base}/${path} answers ${answer.status}`)
      t.notMatch(answer.text, /^secret$/)
    }
    if (path === 'links/secret') continue
    t.ok([400, 404].includes((await upload(`files/${path}`, 'x')).status), `POST files/${path}`)
    t.ok([400, 404].includes((await call('DELETE', `files/${path}`)).status), `DELETE files/${path}`)
  }
  t.equal((await call('GET', 'files?path=links/out')).status, 404)
  t.same((await call('GET', 'files?path=links')).body, [], 'symlinks are not listed')
  t.equal((await upload('files/links/secret', 'mine')).status, 201, 'the symlink is replaced')
  const { readFileSync } = await import('node:fs')
  t.equal(readFileSync(join(stateDir, 'secret'), 'utf8'), 'secret', 'and its target is not written')
})

/** Over plain HTTP, at the port that GET info names; the path as it is written. */
async function plain(path: string, method = 'GET', body?: string) {
  const { file_port: port } = (await call('GET', 'info')).body
  const asked = plainRequest({ host: '127.0.0.1', port, path, method, agent: false })
  asked.end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  const parts: Buffer[] = []
  for await (const part of answer) parts.push(part)
  return { status: answer.statusCode, headers: answer.headers, text: Buffer.concat(parts).toString() }
}

test('static server: the files over plain HTTP at file_port, without a login, to read alone', async (t) => {
  t.match(await plain('/files/boot.ipxe'), { status: 200, text: '#!ipxe', headers: { 'content-length': '6' } })
  t.match(await plain('/isos/rescue.iso', 'HEAD'), { status: 200, text: '', headers: { 'content-length': '3' } })
  t.match(endpoint.filesUrl, /^http:\/\/127\.0\.0\.1:\d+\/files$/)
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    t.equal((await plain('/files/boot.ipxe', method, method === 'DELETE' ? undefined : 'x')).status, 405, method)
  }
  for (const path of [
    '/',
    '/files',
    '/files/',
    '/api/v3/info',
    '/api/v3/files/boot.ipxe',
    '/api',
    '/metrics',
    '/healthz',
  ]) {
    t.equal((await plain(path)).status, 404, path)
  }
  const outside = [
    '/files/../secret',
    '/files/%2e%2e/secret',
    '/files/..%2fsecret',
    '/../state/secret',
    '/files//etc/passwd',
  ]
  for (const path of [
    ...outside,
    '/files/links/out/secret',
    '/files/.uploads/x',
    '/files/a%00',
    '/isos/../files/boot.ipxe',
  ]) {
    const { status, text } = await plain(path)
    t.ok([400, 404].includes(Number(status)), `${path} answers ${status}`)
    t.notMatch(text, /^secret$/)
  }
  t.equal((await call('GET', '/files/boot.ipxe', { token: '' })).status, 200, 'and over TLS as before')
})

test('a half-written upload is never visible, and nothing of it stays', async (t) => {
  const operator = await readOperatorFile(stateDir)
  const outgoing = request(`${endpoint.url}/api/v3/files/big.bin`, {
    method: 'POST',
    ca: operator?.certificate,
    headers: { authorization: `Bearer ${operator?.token}`, 'content-length': '1000000', ...octets },
  })
  outgoing.on('error', () => undefined)
  outgoing.write(Buffer.alloc(1000, 120))
  const begun = () => readdirSync(join(stateDir, 'files/.uploads')).length
  await waitUntil('the beginning', () => begun() === 1)
  t.notOk((await call('GET', 'files')).body.includes('big.bin'))
  outgoing.destroy()
  await waitUntil('the end', () => begun() === 0)
  t.equal((await call('GET', 'files/big.bin')).status, 404)
})
