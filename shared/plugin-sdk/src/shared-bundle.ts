import type { ContentBundle } from '@powerbus/drp'
import { definitionOf } from './bundle.ts'
import type { Param } from './param.ts'
import { version } from './plugin.ts'
import { powerParams } from './power/params.ts'

/** Name of the content bundle with the params that several plugins use. */
export const SHARED_BUNDLE = 'powerbus'

/** By name. A stacked store refuses a key that two bundles define, so no plugin's bundle has them. */
export const sharedParams: ReadonlyMap<string, Param> = new Map(powerParams.map((param) => [param.name, param]))

/**
 * The content bundle `powerbus`: built in at a Powerbus endpoint, uploaded once at a DRP endpoint. It names no
 * Prerequisites, and no plugin's bundle names it as one.
 */
export function sharedBundle(): ContentBundle {
  const description = 'Params that the power plugins share'
  return {
    meta: {
      Name: SHARED_BUNDLE,
      Version: version,
      DisplayName: 'Powerbus',
      Description: description,
      Documentation: `${description}. Without this bundle the plugins work with their built-in defaults.`,
      Author: 'Powerbus',
      Source: 'Powerbus',
      CodeSource: 'shared/plugin-sdk',
      DocUrl: 'docs/digital-rebar.md',
      Icon: 'power',
      Color: 'blue',
      License: 'Apache-2.0',
      Order: '1999',
      Tags: 'powerbus,oob,power',
    },
    sections: {
      params: Object.fromEntries(Array.from(sharedParams, ([name, param]) => [name, definitionOf(param)])),
    },
  }
}
