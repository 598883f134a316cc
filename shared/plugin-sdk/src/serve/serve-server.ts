import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { TLSSocket } from 'node:tls'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { PowerbusError } from '../errors.ts'
import { HEALTH_PATH, healthRoutes, READY_PATH } from '../host/health-routes.ts'
import type { PluginHost } from '../host/plugin-host.ts'
import { pluginServer } from '../host/plugin-server.ts'
import type { Logger } from '../log.ts'
import { manifestOf } from '../manifest.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Plugin } from '../plugin.ts'
import { readPrivateFile } from './private-file.ts'
import type { ReadyReport } from './readiness.ts'
import type { HttpOptions } from './serve-options.ts'
import type { ServedConfig } from './served-config.ts'

const METRICS = '/metrics'
const DEFINE = '/api-plugin/v4/define'

export interface ServeServerOptions {
  readonly http: HttpOptions
  readonly plugin: Plugin
  readonly host: PluginHost
  readonly config: ServedConfig
  readonly metrics: Metrics
  readonly ready: () => Promise<ReadyReport>
  readonly stopping: () => boolean
  readonly onStop: () => void
  readonly log: Logger
}

/** The plugin contract's paths, and health, readiness and metrics, on TCP. Throws an Error that names a file that is missing. */
export async function serveServer(options: ServeServerOptions): Promise<FastifyInstance> {
  const { http, plugin, host, config, metrics, ready, stopping, onStop, log } = options
  const tls = http.tls && (await tlsOptions(http.tls, log))
  const mayAsk = gate(http)
  return pluginServer(host, log, onStop, {
    ...(tls && { tls }),
    admit: (request) => {
      mayAsk(request)
      if (stopping() && request.method === 'POST') {
        throw new PowerbusError('SHUTTING_DOWN', 'The plugin is stopping: ask again when it is back')
      }
    },
    config: (body, wishes) => config.apply(body, wishes),
    routes: (app) => {
      healthRoutes(app, ready)
      app.get(METRICS, async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()))
      for (const method of ['GET', 'POST'] as const) {
        app.route({ method, url: DEFINE, handler: async () => manifestOf(plugin) })
      }
    },
  })
}

/**
 * Who may ask: health and readiness anybody; with a token or a CA all else needs one of them; without both, and so on the
 * loopback, what can neither change nor tell anything secret.
 */
function gate({ token, tls }: HttpOptions): (request: FastifyRequest) => void {
  const isGuarded = token !== undefined || tls?.clientCaFile !== undefined
  const wanted = token && digest(`Bearer ${token.reveal()}`)
  const isHarmless = (path: string) => path === METRICS || path === DEFINE
  return ({ url, headers, raw }) => {
    const path = url.split('?', 1)[0] ?? ''
    if (path === HEALTH_PATH || path === READY_PATH || (!isGuarded && isHarmless(path))) return
    if (raw.socket instanceof TLSSocket && isVerified(raw.socket)) return
    const given = headers.authorization
    if (wanted && given !== undefined && timingSafeEqual(digest(given), wanted)) return
    const how = isGuarded
      ? 'Send the token, or show a certificate'
      : 'Start serve with --token-file, and send that token'
    throw new PowerbusError('UNAUTHENTICATED', how)
  }
}

/** Node calls every resumed TLS 1.3 session authorised, also that of a client which showed no certificate when it began. */
function isVerified(socket: TLSSocket): boolean {
  return socket.authorized && socket.getPeerX509Certificate() !== undefined
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** A client without a certificate gets as far as health and readiness. */
async function tlsOptions({ certFile, keyFile, clientCaFile }: NonNullable<HttpOptions['tls']>, log: Logger) {
  const cert = await readFile(certFile)
  const key = await readPrivateFile(keyFile, (message) => log.warn(message))
  if (!clientCaFile) return { cert, key }
  return { cert, key, ca: await readFile(clientCaFile), requestCert: true, rejectUnauthorized: false }
}
