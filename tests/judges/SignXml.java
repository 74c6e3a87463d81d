// An outside maker: the JDK signs a document or the members of a container in the XAdES form of this project.
// Usage: java SignXml.java KEY.p12 PASSPHRASE OUT IN PROPERTIES ALGORITHM C14N [MEMBER...]
// IN is the document (or the asic:XAdESSignatures element) to which the signature is appended. PROPERTIES holds the
// xades:QualifyingProperties. Members are referenced by the name given here and read from IN's folder.

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.xml.crypto.OctetStreamData;
import javax.xml.crypto.URIDereferencer;
import javax.xml.crypto.dom.DOMStructure;
import javax.xml.crypto.dsig.DigestMethod;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.SignedInfo;
import javax.xml.crypto.dsig.Transform;
import javax.xml.crypto.dsig.XMLObject;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.keyinfo.KeyInfo;
import javax.xml.crypto.dsig.keyinfo.KeyInfoFactory;
import javax.xml.crypto.dsig.spec.C14NMethodParameterSpec;
import javax.xml.crypto.dsig.spec.TransformParameterSpec;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

public final class SignXml {
    private static final XMLSignatureFactory FACTORY = XMLSignatureFactory.getInstance("DOM");

    public static void main(String[] args) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(Path.of(args[0]))) {
            store.load(in, args[1].toCharArray());
        }
        String alias = store.aliases().nextElement();
        PrivateKey key = (PrivateKey) store.getKey(alias, args[1].toCharArray());
        Document document = parse(Path.of(args[3]));
        Node properties = document.importNode(parse(Path.of(args[4])).getDocumentElement(), true);
        String[] members = Arrays.copyOfRange(args, 7, args.length);

        DOMSignContext context = new DOMSignContext(key, document.getDocumentElement());
        context.setDefaultNamespacePrefix("ds");
        context.setURIDereferencer(files(Path.of(args[3]).toAbsolutePath().getParent()));
        Element signed = (Element) ((Element) properties)
                .getElementsByTagNameNS("http://uri.etsi.org/01903/v1.3.2#", "SignedProperties").item(0);
        context.setIdAttributeNS(signed, null, "Id");
        XMLObject object = FACTORY.newXMLObject(List.of(new DOMStructure(properties)), null, null, null);
        FACTORY.newXMLSignature(info(members, args[5], args[6]), keyInfo(store.getCertificateChain(alias)),
                List.of(object), "S0", null).sign(context);
        try (OutputStream out = Files.newOutputStream(Path.of(args[2]))) {
            TransformerFactory.newInstance().newTransformer().transform(new DOMSource(document), new StreamResult(out));
        }
    }

    private static SignedInfo info(String[] members, String algorithm, String c14n) throws Exception {
        DigestMethod digest = FACTORY.newDigestMethod(DigestMethod.SHA256, null);
        Transform canonical = FACTORY.newTransform(c14n, (TransformParameterSpec) null);
        List<Reference> references = new ArrayList<>();
        for (int i = 0; i < members.length; i++) {
            references.add(FACTORY.newReference(members[i], digest, null, null, "S0-Member" + i));
        }
        if (members.length == 0) {
            Transform enveloped = FACTORY.newTransform(Transform.ENVELOPED, (TransformParameterSpec) null);
            references.add(FACTORY.newReference("", digest, List.of(enveloped, canonical), null, "S0-Document"));
        }
        references.add(FACTORY.newReference("#S0-SignedProperties", digest, List.of(canonical),
                "http://uri.etsi.org/01903#SignedProperties", null));
        return FACTORY.newSignedInfo(FACTORY.newCanonicalizationMethod(c14n, (C14NMethodParameterSpec) null),
                FACTORY.newSignatureMethod(algorithm, null), references);
    }

    private static KeyInfo keyInfo(Certificate[] chain) {
        KeyInfoFactory infos = FACTORY.getKeyInfoFactory();
        return infos.newKeyInfo(List.of(infos.newX509Data(List.of((Object[]) chain))));
    }

    private static URIDereferencer files(Path folder) {
        URIDereferencer inDocument = FACTORY.getURIDereferencer();
        return (reference, context) -> {
            String uri = reference.getURI();
            if (uri.isEmpty() || uri.startsWith("#")) {
                return inDocument.dereference(reference, context);
            }
            try {
                return new OctetStreamData(new ByteArrayInputStream(Files.readAllBytes(folder.resolve(uri))), uri, null);
            } catch (java.io.IOException missing) {
                throw new javax.xml.crypto.URIReferenceException(missing);
            }
        };
    }

    private static Document parse(Path file) throws Exception {
        DocumentBuilderFactory builders = DocumentBuilderFactory.newInstance();
        builders.setNamespaceAware(true);
        return builders.newDocumentBuilder().parse(file.toFile());
    }
}
