import { betweenPeople } from './people.ts'

/** FRIEND-22 */
export const friendRequestCall = betweenPeople('friend.request')
