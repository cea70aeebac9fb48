import { z } from 'zod'
import { signatureField } from '../author.ts'
import { channelRef } from '../community.ts'
import { chatText, eventIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** MSGS-9. NOT_ALLOWED also: it is another’s. */
export const messageEdit = defineCall({
  method: 'message.edit',
  summary: 'Change the text of a message of your own',
  errors: [
    'NOT_FOUND',
    'NOT_ALLOWED',
    'NOT_FRIEND',
    'TIMED_OUT_MEMBER',
    'ARCHIVED',
    'TEXT_EMPTY',
    'TEXT_TOO_LONG',
    'QUOTA',
    'SIGNATURE_INVALID',
  ],
  permissions: { send: 'in the channel' },
  token: 'send',
  input: z.strictObject({
    channel: channelRef,
    target: eventIdField,
    body: chatText,
    signature: signatureField.optional().describe('SIGN-2'),
  }),
  output: z.object({ id: eventIdField.optional() }).describe('The event that says it; absent: it was so already.'),
})
