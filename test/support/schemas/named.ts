import { z } from 'zod'
import { deviceField, inviteField, tokenField, userField } from '../../../spec/account.ts'
import { channelField, memberField, roleField, serverField } from '../../../spec/community.ts'
import { conversationField, friendField, personField, privacyField } from '../../../spec/friends.ts'
import { countsField, itemField, settingField } from '../../../spec/inbox.ts'
import { eventJson, mentionJson, reactionJson, sendCommand } from '../../../spec/message.ts'
import { inboxTypes } from '../../../spec/notices.ts'
import { presenceChoice, presenceJson } from '../../../spec/presence.ts'
import { avatarField, profileJson } from '../../../spec/profile.ts'
import { deliveryTopics, errorNotice, publishTopics, typingJson } from '../../../spec/topic-table.ts'
import { calls } from './calls.ts'

/** What calls and topics have in common, by the name under which the generated schemas speak of it. */
const shared: Readonly<Record<string, z.ZodType>> = {
  Avatar: avatarField,
  Channel: channelField,
  Conversation: conversationField,
  Counts: countsField,
  Device: deviceField,
  ErrorNotice: errorNotice,
  Event: eventJson,
  Friend: friendField,
  InboxItem: itemField,
  Invite: inviteField,
  Member: memberField,
  Mention: mentionJson,
  NotifySetting: settingField,
  Person: personField,
  Presence: presenceJson,
  PresenceChoice: presenceChoice,
  Privacy: privacyField,
  Profile: profileJson,
  Reaction: reactionJson,
  Role: roleField,
  SendCommand: sendCommand,
  Server: serverField,
  Token: tokenField,
  Typing: typingJson,
  User: userField,
}

/** A call whose input or output is one of those has it under both names. */
const another = (schema: z.ZodType): z.ZodType => z.lazy(() => schema)

/** Every schema that is generated: shared ones, `{method}.input` and `.output`, `inbox.{type}`, `publish.` and `deliver.{topic}`. */
export const named: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ...Object.entries(shared),
  ...calls.flatMap(({ method, input, output }): [string, z.ZodType][] => [
    [`${method}.input`, input],
    [`${method}.output`, output],
  ]),
  ...[...inboxTypes].map(([type, schema]): [string, z.ZodType] => [`inbox.${type}`, schema]),
  ...publishTopics.map(({ name, payload }): [string, z.ZodType] => [`publish.${name}`, payload]),
  ...deliveryTopics.map(({ name, payload }): [string, z.ZodType] => [`deliver.${name}`, payload]),
])

/** The same in a registry, which knows a schema by one name. */
export const registry = z.registry<{ id: string }>()
const known = new Set<z.ZodType>()
for (const [id, schema] of named) {
  registry.add(known.has(schema) ? another(schema) : schema, { id })
  known.add(schema)
}
