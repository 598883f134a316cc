import type { FastifyInstance } from 'fastify'

const DOCUMENT = '/swagger.json'
const PAGE = '/api'

/** The viewer asks nobody but this endpoint. It writes its styles into the page. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Powerbus API</title><link rel="stylesheet" href="${PAGE}/viewer.css"></head>
<body><div id="viewer"></div><script src="${PAGE}/viewer.js"></script><script src="${PAGE}/start.js"></script></body>
</html>
`

/** By default the viewer has a validator on the internet look at the document. */
const start = `SwaggerUIBundle({ url: '${DOCUMENT}', dom_id: '#viewer', deepLinking: true, validatorUrl: null })
`

/** The API's description, and Swagger UI to read it and try requests; for anybody, since it names nothing of this site. */
export function openApiRoutes(server: FastifyInstance, document: () => Promise<unknown>): void {
  const config = { isPublic: true, refreshesStore: true, describe: { hidden: 'the description itself' } } as const
  server.get(
    DOCUMENT,
    { config },
    async (_request, reply) => await reply.type('application/json').send(await document()),
  )
  const files: Readonly<Record<string, { readonly type: string; readonly text: () => Promise<string> | string }>> = {
    '': { type: 'text/html', text: () => page },
    '/start.js': { type: 'text/javascript', text: () => start },
    '/viewer.js': {
      type: 'text/javascript',
      text: async () => (await import('@fastify/swagger-ui/static/swagger-ui-bundle.js?text')).text,
    },
    '/viewer.css': {
      type: 'text/css',
      text: async () => (await import('@fastify/swagger-ui/static/swagger-ui.css?text')).text,
    },
  }
  for (const [path, { type, text }] of Object.entries(files)) {
    server.get(`${PAGE}${path}`, { config }, async (_request, reply) => {
      reply.headers({ 'content-security-policy': POLICY, 'x-content-type-options': 'nosniff' })
      return await reply.type(`${type}; charset=utf-8`).send(await text())
    })
  }
}
