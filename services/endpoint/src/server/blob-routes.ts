import { Readable } from 'node:stream'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { BlobFolder } from '../blobs/blob-folder.ts'
import type { FileFolders } from '../blobs/file-folders.ts'
import type { OpenFile } from '../blobs/open-file.ts'
import type { QueryValues } from '../inventory/list-query.ts'
import { described, listOf, refTo } from '../openapi/route-description.ts'
import { takesUploads } from './body-deadline.ts'

interface BlobRoute {
  Params: { '*': string }
  Querystring: QueryValues
}

/** Routes of `files` and `isos`: list, download, upload and remove. */
export function blobRoutes(api: FastifyInstance, folders: FileFolders): void {
  for (const [prefix, folder] of Object.entries(folders)) {
    api.register((scope, _options, done) => {
      rawBodies(scope)
      folderRoutes(scope, `/${prefix}`, folder)
      done()
    })
  }
}

/** Every body as a stream, whatever its type. */
export function rawBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request, body, done) => done(null, body))
}

/** The body of a route with `rawBodies`. */
export function bodyStream({ body }: FastifyRequest): Readable {
  return body instanceof Readable ? body : Readable.from([])
}

function folderRoutes(scope: FastifyInstance, prefix: string, folder: BlobFolder): void {
  const general = { config: { access: { about: 'none' } } } as const
  const listing = described(general, {
    summary: 'List the names in a folder; folders end in /',
    query: { path: 'The folder' },
    answer: listOf({ type: 'string' }),
  })
  scope.get<BlobRoute>(prefix, listing, async (request) => {
    const path = [request.query.path ?? ''].flat().at(-1) ?? ''
    return await folder.list(path)
  })
  const download = described(general, { summary: 'Download a file, with its SHA-256 as ETag', answer: 'bytes' })
  scope.get<BlobRoute>(`${prefix}/*`, download, async (request, reply) => {
    return await sendFile(request, reply, await folder.open(request.params['*']))
  })
  const upload = described(
    { config: takesUploads },
    { summary: 'Upload a file, whole or not at all', body: 'bytes', answer: refTo('StoredFile'), status: 201 },
  )
  scope.post<BlobRoute>(`${prefix}/*`, upload, async (request, reply) => {
    const { '*': name } = request.params
    if (request.query.explode === 'true') {
      const text = 'archives are not unpacked here: upload the files one by one, or let a plugin unpack its own'
      throw new PowerbusError('REQUEST_INVALID', text)
    }
    const bytes = await folder.put(name, bodyStream(request))
    return await reply.code(201).send({ Path: name, Size: bytes })
  })
  const removal = described({}, { summary: 'Remove a file', answer: 'nothing', status: 204 })
  scope.delete<BlobRoute>(`${prefix}/*`, removal, async (request, reply) => {
    await folder.remove(request.params['*'])
    // The Go client refuses an answer without this type, even one without a body.
    return await reply.code(204).type('application/json').send()
  })
}

/** Answers a file with its checksum, or 304 where the client has it; the file is closed then. */
export async function sendFile({ method, headers }: FastifyRequest, reply: FastifyReply, file: OpenFile) {
  const sum = await file.sum().catch(async (error: unknown) => {
    await file.handle.close()
    throw error
  })
  const tag = `"SHA256:${sum}"`
  reply.headers({ etag: tag, 'x-drp-sha256sum': sum })
  const isKnown = (headers['if-none-match'] ?? '').split(',').some((one) => one.trim().replace(/^W\//, '') === tag)
  if (!isKnown) return await sendContent(method, reply, file)
  await file.handle.close()
  return await reply.code(304).send()
}

/** Answers a file's bytes, and for HEAD their number; the file is closed then. */
export async function sendContent(method: string, reply: FastifyReply, { handle, bytes }: OpenFile) {
  reply.type('application/octet-stream').header('content-length', String(bytes))
  if (method !== 'HEAD' && bytes > 0) return await reply.send(handle.createReadStream({ start: 0, end: bytes - 1 }))
  await handle.close()
  // fastify overwrites the length where there is no stream.
  return await reply.send(Readable.from([]))
}
