import { paths } from '../paths.ts'
import { collection } from '../resource.ts'
import { collectionKinds, schemaFile, schemaNames, typeOf } from '../schema-versions.ts'
import { REGISTRIES } from '../service-message.ts'
import type { Routes } from './routes.ts'

const DMTF = 'https://redfish.dmtf.org'

/** Names of schema files, as the service's types have them. */
const schemaFiles = new Map<string, string>([
  ...schemaNames.map((name) => [name, schemaFile(name)] as const),
  ...collectionKinds.map((kind) => [`${kind}Collection`, `${kind}Collection`] as const),
])

/** Where the messages and the schemas are published. DSP0268, MessageRegistryFile, JsonSchemaFile. */
export const registryRoutes: Routes = {
  Registries: () =>
    collection(
      'MessageRegistryFile',
      'Registries',
      Object.keys(REGISTRIES).map((name) => `${paths.registries}/${name}`),
    ),

  'Registries/*': (_, [name = '']) => {
    const version = Object.hasOwn(REGISTRIES, name) ? REGISTRIES[name as keyof typeof REGISTRIES] : undefined
    if (version === undefined) return undefined
    return {
      type: typeOf('MessageRegistryFile'),
      read: () => ({
        Id: name,
        Name: `Registry ${name}`,
        Registry: `${name}.${version.split('.', 2).join('.')}`,
        Languages: ['en'],
        Location: [{ Language: 'en', PublicationUri: `${DMTF}/registries/${name}.${version}.json` }],
      }),
    }
  },

  JsonSchemas: () =>
    collection(
      'JsonSchemaFile',
      'Schemas',
      [...schemaFiles.keys()].map((name) => `${paths.schemas}/${name}`),
    ),

  'JsonSchemas/*': (_, [name = '']) => {
    const file = schemaFiles.get(name)
    if (file === undefined) return undefined
    return {
      type: typeOf('JsonSchemaFile'),
      read: () => ({
        Id: name,
        Name: `Schema ${name}`,
        Schema: `#${file}.${name}`,
        Languages: ['en'],
        Location: [{ Language: 'en', PublicationUri: `${DMTF}/schemas/v1/${file}.json` }],
      }),
    }
  },
}
