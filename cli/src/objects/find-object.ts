import { DrpApiError, type DrpClient, type JsonObject } from '@powerbus/drp'
import { UsageError } from '../cli-error.ts'
import { closest } from '../edit-distance.ts'
import type { ObjectKind } from './object-kind.ts'

/** The object of that name. Throws a UsageError that names the nearest one, or how to list them. */
export async function findObject(drp: DrpClient, kind: ObjectKind, name: string): Promise<JsonObject> {
  const objects = drp.objects(kind.prefix)
  try {
    return await objects.get(name)
  } catch (error) {
    if (!(error instanceof DrpApiError) || error.status !== 404) throw error
    const likely = closest(name, (await objects.list()).map(kind.listing.name))
    const hint = likely === undefined ? `'powerbus ${kind.command}' lists them` : `did you mean ${likely}?`
    throw new UsageError(`there is no ${kind.one} ${name}: ${hint}`, { cause: error })
  }
}
