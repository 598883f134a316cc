import { lstat, mkdir, readdir, realpath, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import type { Readable } from 'node:stream'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { compareText } from '../inventory/compare-text.ts'
import { type OpenFile, openFile } from './open-file.ts'
import { UploadFolder } from './upload-folder.ts'

/** Folder of half-written files; no path leads there. */
const UPLOADS = '.uploads'
const NAME_BYTES_MAX = 255
const PATH_BYTES_MAX = 2048

/** A folder of files for machines and operators: `files` or `isos`. No path, symlink or encoding leads out of it. */
export class BlobFolder {
  readonly root: string
  readonly #uploads: UploadFolder
  readonly #bytesMax: number

  private constructor(root: string, uploads: UploadFolder, bytesMax: number) {
    this.root = root
    this.#uploads = uploads
    this.#bytesMax = bytesMax
  }

  /** `root` is made where it is missing. `bytesMax`: of one file. */
  static async open(root: string, bytesMax: number): Promise<BlobFolder> {
    await mkdir(root, { recursive: true, mode: 0o700 })
    return new BlobFolder(root, await UploadFolder.open(join(root, UPLOADS)), bytesMax)
  }

  /** Names in a folder, sorted; those of folders end in `/`. An empty name is the root. Throws OBJECT_UNKNOWN. */
  async list(name: string): Promise<string[]> {
    const plain = name.replace(/^\/+|\/+$/g, '')
    const path = plain === '' ? this.root : await this.#inside(plain)
    if (path === undefined || !(await stat(path)).isDirectory()) throw unknown(plain)
    const entries = await readdir(path, { withFileTypes: true })
    const shown = entries.filter((entry) => (entry.isFile() || entry.isDirectory()) && entry.name !== UPLOADS)
    return shown.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort(compareText)
  }

  /** Throws OBJECT_UNKNOWN where there is no such file. */
  async open(name: string): Promise<OpenFile> {
    const path = await this.#inside(name)
    const file = path === undefined ? undefined : await openFile(path)
    if (file === undefined) throw unknown(name)
    return file
  }

  /** Replaces or makes a file, whole or not at all, and returns its length. Throws REQUEST_INVALID, OBJECT_CONFLICT and as `receive` does. */
  async put(name: string, source: Readable): Promise<number> {
    const target = await this.#place(name)
    const upload = await this.#uploads.receive(source, { bytesMax: this.#bytesMax })
    try {
      await mkdir(dirname(target), { recursive: true, mode: 0o700 })
      // Once more, now that the folders exist: one of them may have become a symlink.
      if ((await this.#place(name)) !== target) throw invalid(name)
      await upload.moveTo(target)
    } catch (error) {
      await upload.discard()
      throw ofFiles(error, name)
    }
    return upload.bytes
  }

  /** Removes a file or an empty folder. Throws OBJECT_UNKNOWN and OBJECT_CONFLICT. */
  async remove(name: string): Promise<void> {
    if ((await this.#inside(name)) === undefined) throw unknown(name)
    const path = await this.#place(name)
    const isFolder = (await lstat(path)).isDirectory()
    await (isFolder ? rmdir(path) : rm(path)).catch((error: unknown) => {
      throw ofFiles(error, name)
    })
  }

  /** The real path of what is there; undefined where nothing is, or a symlink leads outside. */
  async #inside(name: string): Promise<string | undefined> {
    if (!isPath(name)) return undefined
    try {
      const [root, path] = await Promise.all([realpath(this.root), realpath(join(this.root, name))])
      return path.startsWith(root + sep) ? path : undefined
    } catch (error) {
      if (ABSENT.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
      throw error
    }
  }

  /** Where a file of that name is to be. Throws REQUEST_INVALID where that is outside of the folder. */
  async #place(name: string): Promise<string> {
    if (!isPath(name)) throw invalid(name)
    const root = await realpath(this.root)
    let folder = root
    const parts = name.split('/')
    for (const part of parts.slice(0, -1)) {
      folder = join(folder, part)
      const real = await realpath(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return folder
        throw ofFiles(error, name)
      })
      if (!real.startsWith(root + sep)) throw invalid(name)
      folder = real
    }
    return join(folder, parts.at(-1) ?? '')
  }
}

const ABSENT = ['ENOENT', 'ENOTDIR', 'EACCES', 'ENAMETOOLONG', 'ELOOP']

function isPath(name: string): boolean {
  const parts = name.split('/')
  const isName = (part: string) => {
    return part !== '' && part !== '.' && part !== '..' && Buffer.byteLength(part) <= NAME_BYTES_MAX
  }
  const isText = !/[\p{Cc}\p{Surrogate}\\]/u.test(name) && Buffer.byteLength(name) <= PATH_BYTES_MAX
  return isText && parts.every(isName) && parts[0] !== UPLOADS
}

function unknown(name: string): PowerbusError {
  return new PowerbusError('OBJECT_UNKNOWN', `there is no ${name.slice(0, 200) || 'such file'}`)
}

function invalid(name: string): PowerbusError {
  const rule = 'names with / between them, none empty, . or .., and inside of the folder'
  return new PowerbusError('REQUEST_INVALID', `'${name.slice(0, 200)}' cannot be the path of a file: use ${rule}`)
}

/** What the file system says of a path as an error for whoever named it. */
function ofFiles(error: unknown, name: string): unknown {
  const { code = '' } = error as NodeJS.ErrnoException
  const text: Readonly<Record<string, string>> = {
    EISDIR: 'is a folder: choose another name',
    ENOTEMPTY: 'is a folder with files: remove these first',
    EEXIST: 'is there as something else: remove it first',
    ENOTDIR: 'has a file where a folder is needed: remove that first',
  }
  const reason = text[code]
  return reason === undefined ? error : new PowerbusError('OBJECT_CONFLICT', `${name.slice(0, 200)} ${reason}`)
}
