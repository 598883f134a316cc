import { pluginProviderFields } from '../plugin-manifest.ts'
import { model } from './model.ts'

/** It has none of the fields that all other models have. */
export const pluginProviderModel = model({
  prefix: 'plugin_providers',
  title: 'PluginProvider',
  fields: pluginProviderFields,
  indexes: { Name: 'string' },
})
