import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { JsonObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { type OpenFile, openFile } from '../blobs/open-file.ts'
import type { ChangeAction, ChangeListener } from '../inventory/change.ts'
import type { PluginSupervisor } from './plugin-supervisor.ts'
import type { ProviderUploads } from './provider-uploads.ts'

export interface ProviderChangesParts {
  readonly supervisor: PluginSupervisor
  readonly uploads: ProviderUploads
  /** Called for each provider that came, changed or went. */
  readonly onChange: ChangeListener
}

/** Uploads, downloads and removals of plugin providers. */
export class ProviderChanges {
  readonly #parts: ProviderChangesParts

  constructor(parts: ProviderChangesParts) {
    this.#parts = parts
  }

  /**
   * Receives an executable and uses it from now on: its plugins restart with it. Returns its length. Throws as
   * `UploadFolder.receive` and `ProviderTable.install`; the present provider stays then.
   */
  async install(name: string, source: Readable, principal: string, replacesWritten: boolean): Promise<number> {
    const { supervisor, uploads } = this.#parts
    const addresses = supervisor.addresses()
    const upload = await uploads.receive(source)
    try {
      const original = supervisor.providers().find(({ Name }) => Name === name)
      await supervisor.table.install(name, upload, addresses, replacesWritten)
      await supervisor.restart(name)
      this.#changed(original ? 'update' : 'create', supervisor.provider(name), original, principal)
      return upload.bytes
    } finally {
      await upload.discard()
    }
  }

  /**
   * Removes an uploaded executable and returns the provider as it was. Plugin objects of it stay. Throws as
   * `ProviderTable.uninstall`.
   */
  async uninstall(name: string, principal: string): Promise<JsonObject> {
    const { supervisor } = this.#parts
    const before = supervisor.provider(name)
    await supervisor.table.uninstall(name)
    await supervisor.restart(name)
    this.#changed('delete', before, before, principal)
    return before
  }

  /** The executable of a provider. Throws OBJECT_UNKNOWN. */
  async executable(name: string): Promise<OpenFile> {
    const file = await openFile(this.#parts.supervisor.table.executableOf(name))
    if (file !== undefined) return file
    throw new PowerbusError('OBJECT_UNKNOWN', `the executable of ${name} is no file any more`)
  }

  #changed(action: ChangeAction, object: JsonObject, original: JsonObject | undefined, principal: string): void {
    const about = { id: randomUUID(), time: new Date().toISOString(), key: String(object.Name) }
    this.#parts.onChange({ ...about, kind: 'plugin_providers', action, object, original, principal })
  }
}
