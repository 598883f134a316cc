import type { FastifyInstance } from 'fastify'
import type { FileFolders } from '../blobs/file-folders.ts'
import { sendContent } from './blob-routes.ts'

/** URL path of the web root, which holds the files that plugins unpacked. Plugins get it in `RS_FILESERVER`. */
export const FILES_BASE = '/files'
export const ISOS_BASE = '/isos'

/** Serves the folders read-only and without a token, since machines that boot have none. */
export function fileRoutes(server: FastifyInstance, { files, isos }: FileFolders): void {
  const describe = { summary: 'Download a static file, for anybody', answer: 'bytes' } as const
  const config = { isPublic: true, describe }
  for (const [base, folder] of [[FILES_BASE, files] as const, [ISOS_BASE, isos] as const]) {
    server.get<{ Params: { '*': string } }>(`${base}/*`, { config }, async (request, reply) => {
      return await sendContent(request.method, reply, await folder.open(request.params['*']))
    })
  }
}
