import { paths } from '../paths.ts'
import { MAX_EXPAND_LEVELS } from '../query.ts'
import { link } from '../resource.ts'
import { collectionKinds, schemaFile, schemaNames, typeOf } from '../schema-versions.ts'
import type { Routes } from './routes.ts'

const SCHEMAS = 'http://redfish.dmtf.org/schemas/v1'

/** The service root and the descriptions of OData. DSP0266 §8.2, §8.3, §8.4; DSP0268, ServiceRoot. */
export const rootRoutes: Routes = {
  '': ({ personality, uuid, quirks }) => ({
    type: typeOf('ServiceRoot'),
    isOpen: true,
    read: () => ({
      Id: 'RootService',
      Name: 'Root Service',
      RedfishVersion: '1.23.0',
      UUID: uuid,
      ...(personality.vendor !== undefined && { Vendor: personality.vendor }),
      ...(personality.product !== undefined && { Product: personality.product }),
      ...(!personality.hasNoSystems && { Systems: link(paths.systems) }),
      Chassis: link(paths.chassis),
      Managers: link(paths.managers),
      ...(!quirks.noSessions && { SessionService: link(paths.sessionService) }),
      AccountService: link(paths.accountService),
      EventService: link(paths.eventService),
      Tasks: link(paths.taskService),
      UpdateService: link(paths.updateService),
      Registries: link(paths.registries),
      JsonSchemas: link(paths.schemas),
      ProtocolFeaturesSupported: {
        ExpandQuery: { ExpandAll: true, Levels: true, Links: true, NoLinks: true, MaxLevels: MAX_EXPAND_LEVELS },
        SelectQuery: true,
        FilterQuery: false,
        OnlyMemberQuery: true,
        ExcerptQuery: false,
        TopSkipQuery: true,
        DeepOperations: { DeepPATCH: false, DeepPOST: false },
      },
      ...(personality.rootOem && { Oem: personality.rootOem }),
      Links: { ...(!quirks.noSessions && { Sessions: link(paths.sessions) }) },
    }),
  }),

  odata: () => ({
    isOpen: true,
    read: () => ({
      '@odata.context': '/redfish/v1/$metadata',
      value: [
        { name: 'Service', kind: 'Singleton', url: '/redfish/v1/' },
        ...Object.entries({
          Systems: paths.systems,
          Chassis: paths.chassis,
          Managers: paths.managers,
          SessionService: paths.sessionService,
          Sessions: paths.sessions,
          AccountService: paths.accountService,
          EventService: paths.eventService,
          Tasks: paths.taskService,
          UpdateService: paths.updateService,
          Registries: paths.registries,
          JsonSchemas: paths.schemas,
        }).map(([name, url]) => ({ name, kind: 'Singleton', url })),
      ],
    }),
  }),

  $metadata: () => ({ isOpen: true, text: { mediaType: 'application/xml', content: metadata() } }),
}

/** References to the schemas of all types that the service uses. DSP0266 §8.4.1. */
function metadata(): string {
  const reference = (file: string, ...spaces: readonly string[]) =>
    `  <edmx:Reference Uri="${SCHEMAS}/${file}_v1.xml">\n${spaces
      .map((space) => `    <edmx:Include Namespace="${space}"/>\n`)
      .join('')}  </edmx:Reference>\n`
  const root = schemaFile('ServiceRoot')
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    '<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">\n',
    ...schemaNames.map((name) => reference(name, name, schemaFile(name))),
    ...collectionKinds.map((kind) => reference(`${kind}Collection`, `${kind}Collection`)),
    reference('Event', 'Event', 'Event.v1_12_0'),
    reference('Settings', 'Settings', 'Settings.v1_4_0'),
    reference('Message', 'Message', 'Message.v1_3_0'),
    reference('RedfishExtensions', 'RedfishExtensions.v1_0_0').replace(
      'Namespace="RedfishExtensions.v1_0_0"',
      'Namespace="RedfishExtensions.v1_0_0" Alias="Redfish"',
    ),
    '  <edmx:DataServices>\n',
    '    <Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="Service">\n',
    `      <EntityContainer Name="Service" Extends="${root}.ServiceContainer"/>\n`,
    '    </Schema>\n',
    '  </edmx:DataServices>\n',
    '</edmx:Edmx>\n',
  ].join('')
}
