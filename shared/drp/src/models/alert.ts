import { field } from '../shape.ts'
import { model } from './model.ts'
import { sharedFields, time } from './shared-fields.ts'

export const alertModel = model({
  prefix: 'alerts',
  title: 'Alert',
  key: 'Uuid',
  fields: {
    ...sharedFields,
    Uuid: field.text,
    /** Alerts of one name that nobody has acknowledged are one. */
    Name: field.text,
    /** Error, Warn, Info or Debug. */
    Level: field.text,
    Contents: field.text,
    Note: field.text,
    Params: field.object,
    Principal: field.text,
    /** How many times it was raised. */
    Count: field.integer,
    Acknowledged: field.flag,
    AcknowledgeTime: time,
    AcknowledgeUser: field.text,
  },
  indexes: { Uuid: 'UUID', Name: 'string', Level: 'string', Acknowledged: 'boolean', Principal: 'string' },
})

export type Alert = ReturnType<typeof alertModel.decode>
