/**
 * Answers `GET /` with the bytes of a file from memory, by a bare fastify route over TLS: `plain-list.ts FILE PEM`. PEM
 * has the key and the certificate. Prints its port.
 */
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { fastify } from 'fastify'

const [file = '', pem = ''] = process.argv.slice(2)
const bytes = readFileSync(file)
const identity = readFileSync(pem)
const server = fastify({ https: { key: identity, cert: identity, minVersion: 'TLSv1.2' } })
server.get('/', async (_request, reply) => await reply.type('application/json').send(bytes))
await server.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`port ${(server.server.address() as AddressInfo).port}\n`)
