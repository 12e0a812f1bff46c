export const waited = await new Promise((resolve) => setTimeout(resolve, 5, "waited"));
