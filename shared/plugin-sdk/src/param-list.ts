import { type Param, type ParamUse, paramOf } from './param.ts'

/** The params of a list, split as a manifest wants them. Each stands once; one that is required anywhere is required. */
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
