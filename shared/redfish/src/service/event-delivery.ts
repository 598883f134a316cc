import { request as requestPlainly } from 'node:http'
import { request } from 'node:https'
import { sleep } from './service-clock.ts'
import type { ServiceState } from './service-state.ts'
import type { EventMessage, Subscription } from './subscriptions.ts'

const SEND_MS = 10_000

/** Posts an event to the destination of a subscription, and tries again as the event service is set. */
export async function deliver(event: EventMessage, subscription: Subscription, state: ServiceState): Promise<void> {
  const { settings, clock, subscriptions } = state
  for (let attempt = 0; ; attempt++) {
    const isDelivered = await post(event, subscription)
    if (isDelivered || attempt >= settings.deliveryRetryAttempts) return
    await sleep(clock, settings.deliveryRetryIntervalSeconds * 1000)
    if (subscriptions.get(subscription.id) === undefined) return
  }
}

function post({ body }: EventMessage, subscription: Subscription): Promise<boolean> {
  const url = new URL(subscription.destination ?? '')
  const content = Buffer.from(JSON.stringify(body))
  const given = subscription.headers.flatMap((header) =>
    Object.entries(header).map(([name, value]) => [name, String(value)]),
  )
  const headers = {
    ...Object.fromEntries(given),
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': content.length,
    'OData-Version': '4.0',
  }
  const options = { method: 'POST', headers, timeout: SEND_MS, rejectUnauthorized: subscription.verifyCertificate }
  return new Promise((resolve) => {
    const send = url.protocol === 'http:' ? requestPlainly : request
    const outgoing = send(url, options, (answer) => {
      answer.resume()
      resolve((answer.statusCode ?? 500) < 300)
    })
    outgoing.on('timeout', () => outgoing.destroy())
    outgoing.on('error', () => resolve(false))
    outgoing.end(content)
  })
}
