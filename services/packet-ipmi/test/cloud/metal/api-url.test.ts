import { test } from 'tap'
import { apiUrl } from '../../../src/cloud/metal/api-url.ts'

test('a trailing slash of the address is dropped', async (t) => {
  t.equal(apiUrl(' https://metal.example.com/metal/v1/ '), 'https://metal.example.com/metal/v1')
  t.equal(apiUrl('http://127.0.0.1:8080'), 'http://127.0.0.1:8080')
})

test('a missing address is PARAM_MISSING', async (t) => {
  for (const text of [undefined, '', '  '])
    t.throws(() => apiUrl(text), { code: 'PARAM_MISSING', status: 400, message: /packet\/api-url/ })
})

test('any other text than a plain HTTP(S) URL is PARAM_INVALID', async (t) => {
  for (const text of ['metal', 'ftp://x/', 'https://user:secret@x/', 'https://x/?a=b', 'https://x/#a'])
    t.throws(() => apiUrl(text), { code: 'PARAM_INVALID', status: 400, message: /packet\/api-url/ }, text)
})
