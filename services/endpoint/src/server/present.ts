import type { JsonObject } from '@powerbus/drp'
import type { Inventory } from '../inventory/inventory.ts'
import type { View } from '../inventory/list-query.ts'

/** An object as a view wants it. Secure params stay sealed unless it says `decode`. */
export function present(inventory: Inventory, object: JsonObject, view: View): JsonObject {
  const own = object.Params as JsonObject
  const mixed = view.aggregate ? inventory.aggregate(object) : own
  const { params: wanted } = view
  const chosen = wanted === undefined ? mixed : pick(mixed, wanted)
  const shown: Record<string, unknown> = { ...object, Params: view.decode ? inventory.opened(chosen) : chosen }
  for (const name of view.slim) delete shown[name]
  return shown
}

function pick(params: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(params).filter(([name]) => names.includes(name)))
}
