import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyInstance } from 'fastify'

/** URL path of the web root, which holds the files that plugins unpacked. Plugins get it in `RS_FILESERVER`. */
export const FILES_BASE = '/files'

/** Serves the web root read-only and without a token, since machines that boot have none. */
export function fileRoutes(server: FastifyInstance, webRoot: string): void {
  const config = { isPublic: true }
  server.get<{ Params: { '*': string } }>(`${FILES_BASE}/*`, { config }, async (request, reply) => {
    const path = await findFile(webRoot, request.params['*'])
    if (path === undefined) throw new PowerbusError('OBJECT_UNKNOWN', `there is no file ${request.params['*']}`)
    return await reply.type('application/octet-stream').send(createReadStream(path))
  })
}

/** Undefined where the path is missing, is no file, or leads outside the folder after symlinks are resolved. */
async function findFile(folder: string, name: string): Promise<string | undefined> {
  if (name.includes('\0')) return undefined
  try {
    const [root, path] = await Promise.all([realpath(folder), realpath(join(folder, name))])
    return path.startsWith(root + sep) && (await stat(path)).isFile() ? path : undefined
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ENAMETOOLONG', 'ELOOP'].includes(code)) return undefined
    throw error
  }
}
