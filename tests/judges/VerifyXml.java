// An outside judge: the JDK's own XML signature with secure validation, and its own path validation.
// Usage: java VerifyXml.java ROOT.pem TIME FILE...
// A reference to a file is read from the folder of the signature file's parent (an unpacked container); nothing is fetched.
// Prints one line a file: "ok REFERENCES SUBJECT" or "no REASON". The exit code is 0 if every file could be judged.

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Set;
import javax.xml.crypto.KeySelector;
import javax.xml.crypto.KeySelectorResult;
import javax.xml.crypto.OctetStreamData;
import javax.xml.crypto.URIDereferencer;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.crypto.dsig.keyinfo.X509Data;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

public final class VerifyXml {
    private static final String XADES = "http://uri.etsi.org/01903/v1.3.2#";

    public static void main(String[] args) throws Exception {
        X509Certificate root;
        CertificateFactory certificates = CertificateFactory.getInstance("X.509");
        try (InputStream in = Files.newInputStream(Path.of(args[0]))) {
            root = (X509Certificate) certificates.generateCertificate(in);
        }
        Date at = Date.from(Instant.parse(args[1]));
        for (int i = 2; i < args.length; i++) {
            System.out.println(judge(Path.of(args[i]), root, at).replace('\n', ' '));
        }
    }

    private static String judge(Path file, X509Certificate root, Date at) {
        try {
            Document document = parse(file);
            NodeList found = document.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature");
            if (found.getLength() != 1) {
                return "no " + found.getLength() + " signatures";
            }
            return judge(file, (Element) found.item(0), root, at);
        } catch (Exception refusal) {
            Throwable cause = refusal.getCause() == null ? refusal : refusal.getCause();
            return "no " + cause.getClass().getSimpleName() + ": " + cause.getMessage();
        }
    }

    private static String judge(Path file, Element element, X509Certificate root, Date at) throws Exception {
        XMLSignatureFactory factory = XMLSignatureFactory.getInstance("DOM");
        List<X509Certificate> enclosed = new ArrayList<>();
        DOMValidateContext context = new DOMValidateContext(new FirstCertificate(enclosed), element);
        context.setProperty("org.jcp.xml.dsig.secureValidation", Boolean.TRUE);
        NodeList properties = element.getElementsByTagNameNS(XADES, "SignedProperties");
        for (int i = 0; i < properties.getLength(); i++) {
            context.setIdAttributeNS((Element) properties.item(i), null, "Id");
        }
        context.setURIDereferencer(files(file, factory.getURIDereferencer()));
        XMLSignature signature = factory.unmarshalXMLSignature(context);
        if (!signature.validate(context)) {
            return "no " + (signature.getSignatureValue().validate(context) ? "digest" : "signature value");
        }
        checkPath(enclosed, root, at);
        List<Reference> references = signature.getSignedInfo().getReferences();
        return "ok " + references.size() + " " + enclosed.get(0).getSubjectX500Principal();
    }

    private static Document parse(Path file) throws Exception {
        DocumentBuilderFactory builders = DocumentBuilderFactory.newInstance();
        builders.setNamespaceAware(true);
        builders.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        return builders.newDocumentBuilder().parse(file.toFile());
    }

    private static URIDereferencer files(Path signatureFile, URIDereferencer inDocument) {
        Path folder = signatureFile.toAbsolutePath().getParent().getParent();
        return (reference, context) -> {
            String uri = reference.getURI();
            if (uri == null || uri.isEmpty() || uri.startsWith("#")) {
                return inDocument.dereference(reference, context);
            }
            try {
                return new OctetStreamData(new ByteArrayInputStream(Files.readAllBytes(folder.resolve(uri))), uri, null);
            } catch (java.io.IOException missing) {
                throw new javax.xml.crypto.URIReferenceException(missing);
            }
        };
    }

    private static void checkPath(List<X509Certificate> enclosed, X509Certificate root, Date at) throws Exception {
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(at);
        CertificateFactory certificates = CertificateFactory.getInstance("X.509");
        CertPathValidator.getInstance("PKIX").validate(certificates.generateCertPath(enclosed), parameters);
    }

    private static final class FirstCertificate extends KeySelector {
        private final List<X509Certificate> enclosed;

        FirstCertificate(List<X509Certificate> enclosed) {
            this.enclosed = enclosed;
        }

        @Override
        public KeySelectorResult select(javax.xml.crypto.dsig.keyinfo.KeyInfo info, Purpose purpose,
                javax.xml.crypto.AlgorithmMethod method, javax.xml.crypto.XMLCryptoContext context) {
            enclosed.clear();
            for (Object part : info.getContent()) {
                if (part instanceof X509Data data) {
                    for (Object content : data.getContent()) {
                        if (content instanceof X509Certificate certificate) {
                            enclosed.add(certificate);
                        }
                    }
                }
            }
            return () -> enclosed.get(0).getPublicKey();
        }
    }
}
