/** The flags of `serve`, for the command line: what they mean is in serve-options.ts and in `--help`. */
export const serveFlags = {
  http: { type: 'string' },
  config: { type: 'string' },
  'token-file': { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'client-ca': { type: 'string' },
  instance: { type: 'string' },
  state: { type: 'string' },
} as const

export type ServeFlags = { readonly [Name in keyof typeof serveFlags]?: string | undefined }

export const serveUsage = `
serve: no endpoint is needed; actions, params and events come from the bus, from HTTP, or from both
  --http HOST:PORT    where HTTP is served; 127.0.0.1:8193, port 0 for any free one, "off" for none
  --token-file FILE   holds the token that requests must bear (or POWERBUS_TOKEN)
  --tls-cert FILE, --tls-key FILE
                      serve HTTPS with this certificate (PEM)
  --client-ca FILE    take requests from those whose certificate this CA signed; needs --tls-cert
  --config FILE       the plugin's params, YAML or JSON; a param may also come as POWERBUS_PARAM_NAME, or from
                      the file that POWERBUS_PARAM_NAME_FILE names (NAME in capitals, / and - as _)
  --state DIR         private folder for what must outlive the process (or POWERBUS_STATE)
  --instance NAME     name of this replica, for people (or POWERBUS_INSTANCE)

  NATS_URL is where the bus is, REDIS_URL where actions are kept apart over all replicas.
  Without a token and --client-ca, HTTP answers health, readiness, metrics and define only, and on the loopback only.
`
