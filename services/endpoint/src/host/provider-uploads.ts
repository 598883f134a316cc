import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { syncFolder, type Upload, UploadFolder } from '../blobs/upload-folder.ts'

/** Of one executable; a native single-file build has about 130 MiB. */
const EXECUTABLE_BYTES_MAX = 1024 ** 3

/** The executables that operators uploaded: `providers/NAME` in the state folder (ADR 0012). */
export class ProviderUploads {
  readonly folder: string
  readonly #uploads: UploadFolder

  private constructor(folder: string, uploads: UploadFolder) {
    this.folder = folder
    this.#uploads = uploads
  }

  static async open(stateDir: string): Promise<ProviderUploads> {
    const folder = join(stateDir, 'providers')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    // Programs are not looked for in folders whose name begins with a dot.
    return new ProviderUploads(folder, await UploadFolder.open(join(folder, '.uploads')))
  }

  /** Where the executable of a provider is. `name` must be a provider's name, which has no slash. */
  pathOf(name: string): string {
    return join(this.folder, name)
  }

  /** Receives an executable. Throws as `UploadFolder.receive`. */
  async receive(source: Readable): Promise<Upload> {
    return await this.#uploads.receive(source, { bytesMax: EXECUTABLE_BYTES_MAX, mode: 0o700 })
  }

  /** Removes the executable of a provider, durably. */
  async remove(name: string): Promise<void> {
    await rm(this.pathOf(name), { force: true })
    await syncFolder(this.folder)
  }
}
