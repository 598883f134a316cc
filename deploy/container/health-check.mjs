// Exit code 0 where the program of this container answers at POWERBUS_HEALTH_URL. A status from
// 500 and no answer are unhealthy: `/healthz` answers 200 while the process lives, `/readyz` 503 while it cannot serve.
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'

const DEADLINE_MS = 4000
const { POWERBUS_HEALTH_URL = '' } = process.env
const url = new URL(POWERBUS_HEALTH_URL)
// The certificate is self-signed, and the address is the loopback of this container.
const options = { timeout: DEADLINE_MS, rejectUnauthorized: false, signal: AbortSignal.timeout(DEADLINE_MS) }
const send = url.protocol === 'https:' ? httpsRequest : httpRequest

send(url, options, (response) => {
  response.resume()
  process.exitCode = (response.statusCode ?? 500) < 500 ? 0 : 1
})
  .on('error', ({ message }) => {
    console.error(message)
    process.exitCode = 1
  })
  .end()
