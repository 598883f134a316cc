import { type ContentBundle, decodeContentBundle } from '@powerbus/drp'
import { manifestOf } from '@powerbus/plugin-sdk'
import { parse } from 'yaml'
import { ipmiPlugin } from '../../src/plugin.ts'

/** The content bundle of the plugin, as an endpoint reads it. */
export const ipmiContent: ContentBundle = decodeContentBundle(parse(manifestOf(ipmiPlugin()).Content))
