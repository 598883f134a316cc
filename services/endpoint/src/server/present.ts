import type { JsonObject } from '@powerbus/drp'
import type { Inventory } from '../inventory/inventory.ts'
import type { View } from '../inventory/list-query.ts'

/** The object as the view shows it. Secure params stay sealed unless the view has `decode`. */
export function present(inventory: Inventory, object: JsonObject, view: View): JsonObject {
  const own = object.Params as JsonObject
  const mixed = view.aggregate ? inventory.aggregate(object) : own
  const { params: wanted } = view
  const chosen = Object.fromEntries(Object.entries(mixed).filter(([name]) => wanted?.includes(name) ?? true))
  const shown: Record<string, unknown> = { ...object, Params: view.decode ? inventory.opened(chosen) : chosen }
  for (const name of view.slim) delete shown[name]
  return shown
}
