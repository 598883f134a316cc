import { type Param, type ParamUse, paramOf } from './param.ts'

/** Required and optional params for a manifest, each once. A param required in one use is required. */
export interface ParamList {
  readonly required: readonly Param[]
  readonly optional: readonly Param[]
}

export function paramList(uses: readonly ParamUse[]): ParamList {
  const required = new Map<string, Param>()
  const optional = new Map<string, Param>()
  for (const use of uses) {
    const param = paramOf(use)
    if ('required' in use) required.set(param.name, param)
    else optional.set(param.name, param)
  }
  return {
    required: [...required.values()],
    optional: [...optional.values()].filter((param) => !required.has(param.name)),
  }
}
