// Where the headless Chromium of the npm package lies, unpacked once into the temporary folder, and what it needs to start on
// a machine that lacks its shared libraries.

/** @returns {Promise<{ executablePath: string, env: Record<string, string>, args: string[] }>} */
export const findChromium = async () => {
  const { AWS_LAMBDA_JS_RUNTIME: runtime, LD_LIBRARY_PATH: libraries } = process.env;
  // Asks the package to unpack its own shared libraries too; it then points LD_LIBRARY_PATH at them.
  process.env.AWS_LAMBDA_JS_RUNTIME = `nodejs${process.versions.node.split('.')[0]}.x`;
  const { default: chromium } = await import('@sparticuz/chromium');
  const executablePath = await chromium.executablePath();
  const env = /** @type {Record<string, string>} */ ({ ...process.env });
  restore('AWS_LAMBDA_JS_RUNTIME', runtime);
  restore('LD_LIBRARY_PATH', libraries);
  const args = [
    '--no-sandbox',
    '--disable-background-networking',
    '--disable-quic',
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
  ];
  return { executablePath, env, args };
};

/** @type {(name: string, value: string | undefined) => void} */
const restore = (name, value) => {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
};
