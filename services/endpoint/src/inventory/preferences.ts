import type { JsonObject } from '@powerbus/drp'

/** Preferences that are set without a client; other names are free. */
export const defaultPreferences: Readonly<Record<string, string>> = {
  defaultStage: 'none',
  defaultBootEnv: 'local',
  unknownBootEnv: 'ignore',
}

/** The value of a preference; empty where nobody has set it. */
export function preference(find: (name: string) => JsonObject | undefined, name: string): string {
  const value = find(name)?.Val
  return typeof value === 'string' ? value : (defaultPreferences[name] ?? '')
}
