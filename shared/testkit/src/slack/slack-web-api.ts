import { setTimeout as sleep } from 'node:timers/promises'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { type SlackArguments, textOf } from './slack-arguments.ts'
import { type Fault, limitsOf, type SlackFaults } from './slack-faults.ts'
import type { SlackPacing } from './slack-limits.ts'
import { slackMethods } from './slack-methods.ts'
import { SlackRefusal } from './slack-refusal.ts'
import { neededScope } from './slack-scopes.ts'
import type { SlackWorkspace } from './slack-workspace.ts'

/** One call of the Web API. Times are milliseconds since 1970. */
export interface SlackCall {
  readonly method: string
  /** The arguments as received, without the token. */
  readonly args: SlackArguments
  readonly atMs: number
  /** `ok`, Slack's error code, `ratelimited`, or the fault: `status 503`, `hang before`, `cut after`. */
  outcome: string
  /** Whether the call came before the last Retry-After of its channel or method had passed. */
  readonly isTooEarly: boolean
}

export interface SlackWebApiOptions {
  readonly workspace: SlackWorkspace
  readonly faults: SlackFaults
  readonly pacing: SlackPacing | undefined
  /** Kind and scopes of each known token. */
  readonly tokens: ReadonlyMap<string, { readonly kind: 'bot' | 'app'; readonly scopes: ReadonlySet<string> }>
  readonly calls: SlackCall[]
  openSocketUrl(): string
  /** Handles a POST to a response_url; false if the response_url is unknown or used up. */
  respond(id: string, body: SlackArguments): boolean
}

/** A call this early is not counted as too early: the answer takes time to reach the client. */
const EARLY_TOLERANCE_MS = 20

/** The Web API over HTTP: `POST /api/METHOD`, with forms or JSON. Rate limits survive a restart of the server. */
export class SlackWebApi {
  readonly #options: SlackWebApiOptions
  /** End of each rate limit, in milliseconds since 1970. */
  readonly #limited = new Map<string, number>()

  constructor(options: SlackWebApiOptions) {
    this.#options = options
  }

  server(tls?: { readonly key: string; readonly cert: string }): FastifyInstance {
    const options = { forceCloseConnections: true }
    const app: FastifyInstance = tls ? fastify({ ...options, https: tls }) : fastify(options)
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
      done(null, Object.fromEntries(new URLSearchParams(String(body))))
    })
    app.route({
      method: ['GET', 'POST'],
      url: '/api/:method',
      handler: (request, reply) => this.#answer(request, reply),
    })
    app.post<{ Params: { id: string } }>('/response/:id', async ({ params, body }, reply) => {
      if (this.#options.respond(params.id, objectOf(body))) return { ok: true }
      return reply.code(404).send({ ok: false, error: 'used_url' })
    })
    return app
  }

  async #answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { method = '' } = objectOf(request.params) as { method?: string }
    const { token, ...args } = { ...objectOf(request.query), ...objectOf(request.body) }
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    const { faults, calls, workspace } = this.#options
    const { whole, ofChannel } = limitsOf(method, args)
    const atMs = workspace.dateMs()
    const waitMs = Math.max(...[whole, ofChannel].map((limit) => this.#limited.get(limit) ?? 0)) - atMs
    const call = { method, args, atMs, outcome: 'ok', isTooEarly: waitMs > EARLY_TOLERANCE_MS }
    calls.push(call)
    if (waitMs > EARLY_TOLERANCE_MS) return rateLimited(call, reply, Math.ceil(waitMs / 1000))

    const rule = faults.take(method, workspace.findChannel(textOf(args, 'channel'))?.id ?? '')
    const fault = rule?.fault
    const retryAfterS = this.#retryAfterS(fault, method, args)
    if (retryAfterS !== undefined) {
      const isOfChannel = method === 'chat.postMessage' || rule?.channel !== undefined
      this.#limited.set(isOfChannel ? ofChannel : whole, atMs + retryAfterS * 1000)
      return rateLimited(call, reply, retryAfterS)
    }
    if (fault && 'error' in fault) return refused(call, reply, new SlackRefusal(fault.error, fault.more))
    if (fault && 'status' in fault) {
      call.outcome = `status ${fault.status}`
      return reply.code(fault.status).type('text/html').send('<html>Slack is having trouble</html>')
    }
    if (isLost(fault, 'before')) return lost(call, reply, fault, 'before')
    const run = () => this.#run(call, reply, bearer ?? textOf({ token }, 'token'))
    if (fault && 'doneAfterLeavingMs' in fault) return this.#late(call, reply, fault.doneAfterLeavingMs, run)
    const answer = run()
    if (isLost(fault, 'after')) return lost(call, reply, fault, 'after')
    if (fault && 'delayMs' in fault) await sleep(fault.delayMs)
    return reply.send(answer)
  }

  #retryAfterS(fault: Fault | undefined, method: string, args: SlackArguments): number | undefined {
    if (fault && 'rateLimited' in fault) return fault.rateLimited.retryAfterS
    const { pacing, workspace } = this.#options
    if (fault || method !== 'chat.postMessage') return undefined
    const channel = workspace.findChannel(textOf(args, 'channel'))
    return channel && pacing?.retryAfterS(channel.id)
  }

  /** Executes the call `afterMs` after the caller has disconnected. */
  #late(call: SlackCall, reply: FastifyReply, afterMs: number, run: () => unknown): FastifyReply {
    const { clock } = this.#options.workspace
    call.outcome = 'done after leaving'
    reply.raw.once('close', () => (clock ? clock.after(afterMs, run) : setTimeout(run, afterMs).unref()))
    return reply.hijack()
  }

  /** The answer to a call; a refusal is an answer too. The headers list the scopes, like Slack's. */
  #run(call: SlackCall, reply: FastifyReply, token: string): Readonly<Record<string, unknown>> {
    const { tokens, workspace, openSocketUrl } = this.#options
    try {
      const method = slackMethods.get(call.method)
      if (!method) throw new SlackRefusal('unknown_method', { req_method: call.method })
      if (token === '') throw new SlackRefusal('not_authed')
      const known = tokens.get(token)
      if (!known) throw new SlackRefusal('invalid_auth')
      reply.header('x-oauth-scopes', [...known.scopes].join(','))
      reply.header('x-accepted-oauth-scopes', method.scopes.join(','))
      if (known.kind !== method.token) throw new SlackRefusal('not_allowed_token_type')
      neededScope(known.scopes, method.scopes)
      return { ok: true, ...method.run(call.args, { workspace, scopes: known.scopes, openSocketUrl }) }
    } catch (error) {
      if (!(error instanceof SlackRefusal)) throw error
      call.outcome = error.message
      return error.answer
    }
  }
}

function objectOf(value: unknown): SlackArguments {
  return typeof value === 'object' && value !== null ? (value as SlackArguments) : {}
}

function refused(call: SlackCall, reply: FastifyReply, refusal: SlackRefusal): FastifyReply {
  call.outcome = refusal.message
  return reply.send(refusal.answer)
}

function rateLimited(call: SlackCall, reply: FastifyReply, retryAfterS: number): FastifyReply {
  call.outcome = 'ratelimited'
  return reply.code(429).header('retry-after', String(retryAfterS)).send({ ok: false, error: 'ratelimited' })
}

function isLost(fault: Fault | undefined, when: 'before' | 'after'): boolean {
  return fault !== undefined && (('hang' in fault && fault.hang === when) || ('cut' in fault && fault.cut === when))
}

/** Gives no answer: breaks the connection, or leaves it open until the fake stops. */
function lost(call: SlackCall, reply: FastifyReply, fault: Fault | undefined, when: string): FastifyReply {
  const isCut = fault !== undefined && 'cut' in fault
  if (call.outcome === 'ok') call.outcome = `${isCut ? 'cut' : 'hang'} ${when}`
  reply.hijack()
  if (isCut) reply.raw.socket?.destroy()
  return reply
}
