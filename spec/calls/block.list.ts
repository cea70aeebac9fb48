import { z } from 'zod'
import { personField } from '../friends.ts'
import { defineCall } from './call.ts'

/** By address. */
export const blockList = defineCall({
  method: 'block.list',
  summary: 'List whom you block',
  errors: [],
  token: 'none',
  input: z.strictObject({}),
  output: z.object({ blocked: z.array(personField) }),
})
