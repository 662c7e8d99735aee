export { type ParseOptions, parseSafetensors, type SafetensorsContent } from './parse.js';
export { type SerializeOptions, serializeSafetensors } from './serialize.js';
