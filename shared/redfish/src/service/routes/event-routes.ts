import { judgeCreation } from '../creation.ts'
import { deliver } from '../event-delivery.ts'
import { isJsonObject, type JsonObject } from '../json-value.ts'
import { type Check, flag, listOf, oneOf, orNull, text, whole } from '../patch.ts'
import { paths } from '../paths.ts'
import { Refusal, refused } from '../refusal.ts'
import { type Answer, type Call, collection, link, noContent, type Resource } from '../resource.ts'
import { schemaNames, typeOf } from '../schema-versions.ts'
import { serviceEvent } from '../service-event.ts'
import { message, REGISTRIES } from '../service-message.ts'
import type { ServiceState } from '../service-state.ts'
import type { Subscription } from '../subscriptions.ts'
import type { Routes } from './routes.ts'

const MAX_SUBSCRIPTIONS = 20
const registryNames = Object.keys(REGISTRIES)

const headerList: Check = (value, name) => {
  const isList = Array.isArray(value) && value.every((entry: unknown) => isJsonObject(entry))
  return isList ? undefined : message('PropertyValueTypeError', ['…', name], [name])
}

/** Subscriptions, the event stream and the test event. DSP0266 §12; DSP0268, EventService, EventDestination. */
export const eventRoutes: Routes = {
  EventService: (state) => ({
    type: typeOf('EventService'),
    read: () => ({
      Id: 'EventService',
      Name: 'Event Service',
      ServiceEnabled: true,
      DeliveryRetryAttempts: state.settings.deliveryRetryAttempts,
      DeliveryRetryIntervalSeconds: state.settings.deliveryRetryIntervalSeconds,
      EventFormatTypes: ['Event'],
      RegistryPrefixes: registryNames,
      ResourceTypes: [...schemaNames],
      ServerSentEventUri: paths.eventStream,
      SSEFilterPropertiesSupported: {
        EventFormatType: false,
        MessageId: false,
        OriginResource: false,
        RegistryPrefix: false,
        ResourceType: false,
      },
      Subscriptions: link(paths.subscriptions),
      Status: { State: 'Enabled', Health: 'OK' },
      Actions: {
        '#EventService.SubmitTestEvent': { target: `${paths.eventService}/Actions/EventService.SubmitTestEvent` },
      },
    }),
    writePrivilege: 'ConfigureManager',
    patch: {
      status: state.quirks.patchStatus,
      writable: {
        DeliveryRetryAttempts: whole({ least: 0, most: 10 }),
        DeliveryRetryIntervalSeconds: whole({ least: 1, most: 3600 }),
      },
      apply: (changes) => {
        const { settings } = state
        settings.deliveryRetryAttempts =
          (changes.get('DeliveryRetryAttempts') as number | undefined) ?? settings.deliveryRetryAttempts
        settings.deliveryRetryIntervalSeconds =
          (changes.get('DeliveryRetryIntervalSeconds') as number | undefined) ?? settings.deliveryRetryIntervalSeconds
        return undefined
      },
    },
  }),

  'EventService/SSE': () => ({ isEventStream: true }),

  'EventService/Actions/EventService.SubmitTestEvent': (state) => ({
    writePrivilege: 'ConfigureManager',
    post: () => {
      state.subscriptions.publish(serviceEvent('ResourceEvent.TestMessage', paths.eventService))
      return noContent
    },
  }),

  'EventService/Subscriptions': (state) =>
    collection(
      'EventDestination',
      'Event Subscriptions',
      state.subscriptions.all().map(({ id }) => `${paths.subscriptions}/${id}`),
      { post: (call) => subscribe(state, call) },
    ),

  'EventService/Subscriptions/*': (state, [id = '']) => {
    const subscription = state.subscriptions.get(id)
    return subscription && subscriptionResource(state, subscription)
  },
}

function subscribe(state: ServiceState, { body }: Call): Answer {
  judgeCreation(body, {
    required: { Destination: text({ least: 1 }), Protocol: oneOf(['Redfish']) },
    optional: {
      Context: orNull(text()),
      EventFormatType: oneOf(['Event']),
      SubscriptionType: oneOf(['RedfishEvent']),
      EventTypes: listOf(text()),
      RegistryPrefixes: listOf(oneOf(registryNames)),
      ResourceTypes: listOf(text()),
      HttpHeaders: headerList,
      VerifyCertificate: flag,
      DeliveryRetryPolicy: oneOf(['RetryForever', 'SuspendRetries', 'TerminateAfterRetries']),
    },
  })
  const destination = body.Destination as string
  if (!URL.canParse(destination) || !/^https?:$/.test(new URL(destination).protocol))
    throw new Refusal(400, [message('PropertyValueFormatError', [destination, 'Destination'], ['Destination'])])
  if (Array.isArray(body.EventTypes) && Array.isArray(body.RegistryPrefixes))
    throw refused(400, 'PropertyValueConflict', 'EventTypes', 'RegistryPrefixes')
  if (state.subscriptions.all().length >= MAX_SUBSCRIPTIONS) throw refused(503, 'CreateLimitReachedForResource')
  const { id } = state.subscriptions.add({
    destination,
    context: typeof body.Context === 'string' ? body.Context : '',
    isStream: false,
    registryPrefixes: strings(body.RegistryPrefixes),
    resourceTypes: strings(body.ResourceTypes),
    verifyCertificate: body.VerifyCertificate === true,
    headers: (body.HttpHeaders as readonly JsonObject[] | undefined) ?? [],
    send: (event, subscription) => void deliver(event, subscription, state),
  })
  const path = `${paths.subscriptions}/${id}`
  return { status: 201, resource: path, headers: { Location: path } }
}

function subscriptionResource({ quirks, subscriptions }: ServiceState, subscription: Subscription): Resource {
  return {
    type: typeOf('EventDestination'),
    read: () => ({
      Id: subscription.id,
      Name: 'Event Subscription',
      Context: subscription.context,
      Protocol: 'Redfish',
      SubscriptionType: subscription.isStream ? 'SSE' : 'RedfishEvent',
      EventFormatType: 'Event',
      ...(!subscription.isStream && {
        Destination: subscription.destination ?? '',
        RegistryPrefixes: [...subscription.registryPrefixes],
        ResourceTypes: [...subscription.resourceTypes],
        VerifyCertificate: subscription.verifyCertificate,
        // Headers may hold secrets.
        HttpHeaders: [],
      }),
    }),
    writePrivilege: 'ConfigureManager',
    patch: {
      status: quirks.patchStatus,
      writable: { Context: text() },
      apply: (changes) => {
        subscription.context = changes.get('Context') as string
        return undefined
      },
    },
    remove: () => {
      subscriptions.remove(subscription.id)
      return noContent
    },
  }
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []
}
